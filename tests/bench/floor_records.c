#include "tests/bench/floor.h"

#include "base/buf.h"
#include "base/mem.h"
#include "decide/judge/judge.h"

#include <msgpack.h>
#include <openssl/evp.h>

enum { ROUND = 64 }; /* calls between two looks at the clock */

static EVP_PKEY *make_key(void)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");

	if (key == NULL)
		floor_die("OpenSSL makes no Ed25519 key");
	return key;
}

static void sign(EVP_MD_CTX *ctx, EVP_PKEY *key, struct span value,
                 uint8_t *signature)
{
	size_t len = 64;

	(void)EVP_MD_CTX_reset(ctx);
	if (EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) != 1 ||
	    EVP_DigestSign(ctx, signature, &len, value.p, value.len) != 1)
		floor_die("OpenSSL does not sign");
}

static void verify(EVP_MD_CTX *ctx, EVP_PKEY *key, struct span value,
                   const uint8_t *signature)
{
	(void)EVP_MD_CTX_reset(ctx);
	if (EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) != 1 ||
	    EVP_DigestVerify(ctx, signature, 64, value.p, value.len) != 1)
		floor_die("OpenSSL does not verify");
}

static double sign_or_verify(const struct sample *s, double seconds,
                             bool verifying)
{
	EVP_PKEY *key = make_key();
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	double end = floor_wall_s() + seconds, cpu;
	uint8_t signature[64];
	uint64_t done = 0;

	sign(ctx, key, s->value, signature);
	cpu = floor_cpu_us();
	while (floor_wall_s() < end) {
		for (int i = 0; i < ROUND; i++) {
			if (verifying)
				verify(ctx, key, s->value, signature);
			else
				sign(ctx, key, s->value, signature);
		}
		done += ROUND;
	}
	cpu = floor_cpu_us() - cpu;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return cpu / (double)done;
}

double floor_sign(const struct sample *s, double seconds)
{
	return sign_or_verify(s, seconds, false);
}

double floor_verify(const struct sample *s, double seconds)
{
	return sign_or_verify(s, seconds, true);
}

static void unpack(struct span value, msgpack_unpacked *into)
{
	size_t at = 0;

	if (msgpack_unpack_next(into, (const char *)value.p, value.len, &at) !=
	            MSGPACK_UNPACK_SUCCESS ||
	    at != value.len)
		floor_die("a sample is no MessagePack");
}

double floor_pack(struct span value, double seconds)
{
	msgpack_unpacked tree;
	msgpack_sbuffer out;
	double end = floor_wall_s() + seconds, cpu;
	uint64_t done = 0;

	msgpack_unpacked_init(&tree);
	msgpack_sbuffer_init(&out);
	unpack(value, &tree);
	cpu = floor_cpu_us();
	while (floor_wall_s() < end) {
		for (int i = 0; i < ROUND; i++) {
			msgpack_packer packer;

			msgpack_sbuffer_clear(&out);
			msgpack_packer_init(&packer, &out,
			                    msgpack_sbuffer_write);
			(void)msgpack_pack_object(&packer, tree.data);
		}
		done += ROUND;
	}
	cpu = floor_cpu_us() - cpu;
	if (!span_eq(span_of(out.data, out.size), value))
		floor_die("a sample is not in its shortest form");
	msgpack_sbuffer_destroy(&out);
	msgpack_unpacked_destroy(&tree);
	return cpu / (double)done;
}

double floor_unpack(struct span value, double seconds)
{
	double end = floor_wall_s() + seconds;
	double cpu = floor_cpu_us();
	msgpack_unpacked tree;
	uint64_t done = 0;

	msgpack_unpacked_init(&tree);
	while (floor_wall_s() < end) {
		for (int i = 0; i < ROUND; i++)
			unpack(value, &tree);
		done += ROUND;
	}
	cpu = floor_cpu_us() - cpu;
	msgpack_unpacked_destroy(&tree);
	return cpu / (double)done;
}

double floor_judge(const struct check *check, enum check_kind kind,
                   struct span evidence, double seconds)
{
	struct arena *keep = arena_new(), *scratch = arena_new();
	struct evidence e;
	const char *why = evidence_decode(evidence, keep, &e);
	double end = floor_wall_s() + seconds, cpu;
	uint64_t done = 0;

	if (why != NULL)
		floor_die("evidence: %s", why);
	cpu = floor_cpu_us();
	while (floor_wall_s() < end) {
		for (int i = 0; i < ROUND; i++) {
			struct judgement j;

			judge_replay(check, kind, &e, scratch, &j);
			if (j.result_class != CLASS_CORROBORATED)
				floor_die("a sample does not corroborate");
			arena_reset(scratch);
		}
		done += ROUND;
	}
	cpu = floor_cpu_us() - cpu;
	arena_free(&scratch);
	arena_free(&keep);
	return cpu / (double)done;
}
