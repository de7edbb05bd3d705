#include "trust/signing_key.h"

#include "base/mem.h"
#include "base/text.h"
#include "trust/key_file.h"
#include "trust/public_key.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <unistd.h>

struct signing_key {
	EVP_PKEY *pkey;
	EVP_MD_CTX *ctx; /* set up for pkey, started anew per signature */
	struct public_key public_key;
	struct digest id;
};

/* The key is whole and in memory: only a lack of memory is left. */
static void must(bool ok)
{
	if (ok)
		return;
	ERR_print_errors_fp(stderr);
	abort();
}

/* Takes pkey. */
static struct signing_key *wrap(EVP_PKEY *pkey)
{
	struct signing_key *key = xzalloc(sizeof(*key));
	size_t len = sizeof(key->public_key.b);

	key->pkey = pkey;
	must(EVP_PKEY_get_raw_public_key(pkey, key->public_key.b, &len) == 1 &&
	     len == sizeof(key->public_key.b));
	key->id = public_key_id(&key->public_key);
	key->ctx = EVP_MD_CTX_new();
	must(key->ctx != NULL);
	must(EVP_DigestSignInit(key->ctx, NULL, NULL, NULL, pkey) == 1);
	return key;
}

/* Instead of OpenSSL's own, which would ask at the terminal. */
static int no_password(char *room, int size, int writing, void *asked)
{
	(void)room;
	(void)size;
	(void)writing;
	*(bool *)asked = true;
	return -1;
}

/* One key and nothing behind it: a second block would be ignored, and the
   operator would believe in a key that is not used. */
static EVP_PKEY *read_pem(const char *path, BIO *in, struct err *err)
{
	bool encrypted = false;
	EVP_PKEY *pkey =
		PEM_read_bio_PrivateKey(in, NULL, no_password, &encrypted);

	ERR_clear_error();
	if (encrypted)
		err_set(err,
		        "%s: is encrypted; store it decrypted (openssl pkey), "
		        "mode 0600",
		        path);
	else if (pkey == NULL)
		err_set(err,
		        "%s: holds no private key in PEM (PKCS#8); make one "
		        "with mpicctl keys or openssl genpkey -algorithm "
		        "ed25519",
		        path);
	else if (!EVP_PKEY_is_a(pkey, "ED25519"))
		err_set(err,
		        "%s: is a key of another algorithm than Ed25519; make "
		        "one with mpicctl keys or openssl genpkey -algorithm "
		        "ed25519",
		        path);
	else if (BIO_pending(in) > 0)
		err_set(err, "%s: holds more than one private key; keep one",
		        path);
	else
		return pkey;
	EVP_PKEY_free(pkey);
	return NULL;
}

struct signing_key *signing_key_load(const char *path, struct err *err)
{
	uint8_t text[KEY_FILE_MAX];
	ssize_t n = key_file_read(path, text, err);
	EVP_PKEY *pkey = NULL;

	while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r' ||
	                 text[n - 1] == ' ' || text[n - 1] == '\t'))
		n--;
	if (n >= 0) {
		BIO *in = BIO_new_mem_buf(text, (int)n);

		must(in != NULL);
		pkey = read_pem(path, in, err);
		BIO_free(in);
	}
	secret_wipe(text, sizeof(text));
	return pkey != NULL ? wrap(pkey) : NULL;
}

struct signing_key *signing_key_generate(void)
{
	EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");

	must(pkey != NULL);
	return wrap(pkey);
}

struct signing_key *signing_key_from_seed(const uint8_t *seed)
{
	EVP_PKEY *pkey = EVP_PKEY_new_raw_private_key_ex(
		NULL, "ED25519", NULL, seed, ED25519_SEED_BYTES);

	must(pkey != NULL);
	return wrap(pkey);
}

struct signing_key *signing_key_dup(const struct signing_key *key)
{
	must(EVP_PKEY_up_ref(key->pkey) == 1);
	return wrap(key->pkey);
}

void signing_key_free(struct signing_key **key)
{
	if (*key == NULL)
		return;
	EVP_MD_CTX_free((*key)->ctx);
	EVP_PKEY_free((*key)->pkey); /* wipes, with the last reference */
	free(*key);
	*key = NULL;
}

const struct digest *signing_key_id(const struct signing_key *key)
{
	return &key->id;
}

/* Appends what was written into mem, and frees it; a memory BIO wipes what it
   held. */
static void drain(BIO *mem, struct buf *out)
{
	char *text;
	long len = BIO_get_mem_data(mem, &text);

	buf_add(out, text, (size_t)len);
	BIO_free(mem);
}

void signing_key_public_pem(const struct signing_key *key, struct buf *out)
{
	BIO *mem = BIO_new(BIO_s_mem());

	must(mem != NULL && PEM_write_bio_PUBKEY(mem, key->pkey) == 1);
	drain(mem, out);
}

void signing_key_public_base64(const struct signing_key *key, struct buf *out)
{
	struct spki spki = public_key_spki(&key->public_key);

	text_base64(out, span_of(spki.b, sizeof(spki.b)));
}

static int write_private(const struct signing_key *key, const char *path,
                         struct err *err)
{
	BIO *mem = BIO_new(BIO_s_mem());
	char *text;

	must(mem != NULL &&
	     PEM_write_bio_PKCS8PrivateKey(mem, key->pkey, NULL, NULL, 0, NULL,
	                                   NULL) == 1);
	long len = BIO_get_mem_data(mem, &text);
	int rc = key_file_create(path, 0600, span_of(text, (size_t)len), err);

	BIO_free(mem); /* wipes */
	return rc;
}

int signing_key_write(const struct signing_key *key, const char *private_path,
                      const char *public_path, struct err *err)
{
	struct buf text = { 0 };

	if (write_private(key, private_path, err) != 0)
		return -1;
	signing_key_public_pem(key, &text);
	int rc = key_file_create(public_path, 0644, buf_span(&text), err);

	buf_clear(&text);
	if (rc != 0)
		(void)unlink(private_path); /* created above, used by nobody */
	return rc;
}

struct signature signing_key_sign(struct signing_key *key, struct span bytes)
{
	struct signature out;
	size_t len = sizeof(out.b);

	/* Without a key: the one from before, without fetching again. */
	must(EVP_DigestSignInit(key->ctx, NULL, NULL, NULL, NULL) == 1);
	must(EVP_DigestSign(key->ctx, out.b, &len, bytes.p, bytes.len) == 1 &&
	     len == sizeof(out.b));
	return out;
}
