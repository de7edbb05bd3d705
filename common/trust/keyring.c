#include "trust/keyring.h"

#include "base/mem.h"
#include "base/text.h"
#include "trust/public_key.h"

#include <assert.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>

struct pinned {
	struct key_entry entry;
	char *name;        /* entry.name, owned */
	char *perspective; /* entry.perspective, owned */
	EVP_PKEY *pkey;
	EVP_MD_CTX *ctx; /* set up for pkey, started anew per signature */
};

struct keyring {
	struct pinned *keys; /* in order of settings */
	size_t count;
	struct pinned **by_id; /* the same, sorted */
};

const char *key_role_name(enum key_role role)
{
	switch (role) {
	case KEY_ROLE_NONE: return "none";
	case KEY_ROLE_COORDINATOR: return "coordinator";
	case KEY_ROLE_WORKER: return "worker";
	case KEY_ROLE_AUDITOR: return "auditor";
	case KEY_ROLE_PIPELINE: return "pipeline";
	case KEY_ROLE_GATEWAY: return "gateway";
	}
	return "?";
}

bool key_role_parse(struct span name, enum key_role *out)
{
	for (enum key_role r = KEY_ROLE_COORDINATOR; r <= KEY_ROLE_GATEWAY;
	     r++) {
		if (span_is(name, key_role_name(r))) {
			*out = r;
			return true;
		}
	}
	return false;
}

const char *trust_result_name(enum trust_result result)
{
	switch (result) {
	case TRUST_OK: return "ok";
	case TRUST_UNSIGNED: return "unsigned";
	case TRUST_MALFORMED: return "malformed";
	case TRUST_WRONG_DOMAIN: return "wrong-domain";
	case TRUST_UNKNOWN_KEY: return "unknown-key";
	case TRUST_WRONG_ROLE: return "wrong-role";
	case TRUST_WRONG_PERSPECTIVE: return "wrong-perspective";
	case TRUST_NOT_YET: return "not-yet";
	case TRUST_EXPIRED: return "expired";
	case TRUST_REVOKED: return "revoked";
	case TRUST_BAD_SIGNATURE: return "bad-signature";
	}
	return "?";
}

/* Printable ASCII without spaces: names stand in logs and metric labels. */
static bool is_name(const char *s)
{
	size_t len = strlen(s);

	if (len == 0 || len > KEY_NAME_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (s[i] <= ' ' || s[i] > '~')
			return false;
	}
	return true;
}

static int check_setting(const struct key_setting *s, size_t index,
                         struct err *err)
{
	if (s->name == NULL || !is_name(s->name))
		return err_set(err,
		               "key %zu: name must be 1 to %d printable ASCII "
		               "characters without spaces",
		               index + 1, KEY_NAME_MAX);
	if (s->role <= KEY_ROLE_NONE || s->role > KEY_ROLE_GATEWAY)
		return err_set(err, "key %s: has no role", s->name);
	if (s->role == KEY_ROLE_WORKER &&
	    (s->perspective == NULL || !is_name(s->perspective)))
		return err_set(err,
		               "key %s: a worker's key needs the code of "
		               "its perspective",
		               s->name);
	if (s->role != KEY_ROLE_WORKER && s->perspective != NULL)
		return err_set(err,
		               "key %s: only a worker's key has a "
		               "perspective, not a %s's",
		               s->name, key_role_name(s->role));
	if (s->not_before_ms < 0 || s->not_after_ms < s->not_before_ms)
		return err_set(err,
		               "key %s: not-after must be later than "
		               "not-before",
		               s->name);
	if (s->revoked_from_ms < 0)
		return err_set(err, "key %s: revoked-from is before 1970",
		               s->name);
	return 0;
}

/* Where the key of this id is in by_id, or would have to be. */
static size_t position(const struct keyring *ring, const struct digest *key_id)
{
	size_t low = 0;
	size_t high = ring->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct pinned *k = ring->by_id[middle];

		if (memcmp(k->entry.key_id.b, key_id->b, sizeof(key_id->b)) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct pinned *find(const struct keyring *ring,
                           const struct digest *key_id)
{
	size_t at = position(ring, key_id);

	if (at == ring->count ||
	    !digest_eq(&ring->by_id[at]->entry.key_id, key_id))
		return NULL;
	return ring->by_id[at];
}

/* Counts k, which stands behind the last key counted. */
static void count_in(struct keyring *ring, struct pinned *k)
{
	size_t at = position(ring, &k->entry.key_id);

	memmove(&ring->by_id[at + 1], &ring->by_id[at],
	        (ring->count - at) * sizeof(struct pinned *));
	ring->by_id[at] = k;
	ring->count++;
}

/* k is in the ring already, twin is not yet. */
static int refuse_twin(const struct key_entry *k, const struct key_entry *twin,
                       struct err *err)
{
	if (k->perspective != NULL && twin->perspective != NULL &&
	    strcmp(k->perspective, twin->perspective) != 0)
		return err_set(err,
		               "keys %s (perspective %s) and %s (perspective "
		               "%s) are the same key; every perspective needs "
		               "its own",
		               k->name, k->perspective, twin->name,
		               twin->perspective);
	return err_set(err, "keys %s and %s are the same key; pin it once",
	               k->name, twin->name);
}

static int refuse_repeats(const struct keyring *ring,
                          const struct key_entry *entry, struct err *err)
{
	const struct key_entry *twin = keyring_find(ring, &entry->key_id);

	if (twin != NULL)
		return refuse_twin(twin, entry, err);
	for (size_t i = 0; i < ring->count; i++) {
		if (strcmp(ring->keys[i].name, entry->name) == 0)
			return err_set(err,
			               "keys %zu and %zu have the same name, "
			               "%s",
			               i + 1, ring->count + 1, entry->name);
	}
	return 0;
}

/* Makes what verifying needs; like every lack of memory, failure is the end. */
static void open_key(struct pinned *k, const struct public_key *key)
{
	k->pkey = EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, key->b,
	                                         sizeof(key->b));
	k->ctx = EVP_MD_CTX_new();
	if (k->pkey == NULL || k->ctx == NULL ||
	    EVP_DigestVerifyInit(k->ctx, NULL, NULL, NULL, k->pkey) != 1)
		abort();
}

static int pin(struct keyring *ring, const struct key_setting *s,
               struct err *err)
{
	struct pinned *k = &ring->keys[ring->count];
	struct public_key key;

	if (check_setting(s, ring->count, err) != 0)
		return -1;
	if (public_key_parse(s->public_key, &key, err) != 0)
		return err_prefix(err, "key %s: public key", s->name);
	k->entry = (struct key_entry){
		.name = s->name,
		.key_id = public_key_id(&key),
		.role = s->role,
		.perspective = s->perspective,
		.not_before_ms = s->not_before_ms,
		.not_after_ms = s->not_after_ms,
		.revoked_from_ms = s->revoked_from_ms,
	};
	if (refuse_repeats(ring, &k->entry, err) != 0)
		return -1;
	k->entry.name = k->name = xstrdup(s->name);
	if (s->perspective != NULL)
		k->entry.perspective = k->perspective = xstrdup(s->perspective);
	open_key(k, &key);
	count_in(ring, k);
	return 0;
}

struct keyring *keyring_new(const struct key_setting *settings, size_t count,
                            struct err *err)
{
	if (count > KEYRING_MAX) {
		err_set(err, "%zu keys are pinned; at most %d can be", count,
		        KEYRING_MAX);
		return NULL;
	}
	struct keyring *ring = xzalloc(sizeof(*ring));

	/* Never moved: by_id holds addresses into it. */
	ring->keys = xcalloc(count, sizeof(ring->keys[0]));
	ring->by_id = xcalloc(count, sizeof(struct pinned *));
	for (size_t i = 0; i < count; i++) {
		if (pin(ring, &settings[i], err) != 0) {
			keyring_free(&ring);
			return NULL;
		}
	}
	return ring;
}

void keyring_free(struct keyring **ring)
{
	if (*ring == NULL)
		return;
	for (size_t i = 0; i < (*ring)->count; i++) {
		struct pinned *k = &(*ring)->keys[i];

		EVP_MD_CTX_free(k->ctx);
		EVP_PKEY_free(k->pkey);
		free(k->name);
		free(k->perspective);
	}
	free((*ring)->by_id);
	free((*ring)->keys);
	free(*ring);
	*ring = NULL;
}

size_t keyring_count(const struct keyring *ring)
{
	return ring->count;
}

const struct key_entry *keyring_at(const struct keyring *ring, size_t index)
{
	assert(index < ring->count);
	return &ring->keys[index].entry;
}

const struct key_entry *keyring_find(const struct keyring *ring,
                                     const struct digest *key_id)
{
	const struct pinned *k = find(ring, key_id);

	return k != NULL ? &k->entry : NULL;
}

enum trust_result key_entry_valid_at(const struct key_entry *entry,
                                     int64_t at_ms)
{
	if (at_ms < entry->not_before_ms)
		return TRUST_NOT_YET;
	if (at_ms > entry->not_after_ms)
		return TRUST_EXPIRED;
	if (at_ms >= entry->revoked_from_ms &&
	    entry->revoked_from_ms != KEY_NEVER)
		return TRUST_REVOKED;
	return TRUST_OK;
}

const struct key_entry *keyring_next_worker(const struct keyring *ring,
                                            const char *perspective,
                                            int64_t at_ms,
                                            const struct key_entry *after)
{
	size_t i = 0;

	while (after != NULL && i < ring->count &&
	       &ring->keys[i].entry != after)
		i++;
	for (i += after != NULL; i < ring->count; i++) {
		const struct key_entry *e = &ring->keys[i].entry;

		if (e->role == KEY_ROLE_WORKER &&
		    strcmp(e->perspective, perspective) == 0 &&
		    key_entry_valid_at(e, at_ms) == TRUST_OK)
			return e;
	}
	return NULL;
}

/* May this key sign what is wanted, whatever the signature? */
static enum trust_result allowed(const struct key_entry *entry,
                                 const struct trust_wanted *wanted)
{
	if (entry->role != wanted->role)
		return TRUST_WRONG_ROLE;
	if (wanted->perspective != NULL &&
	    (entry->perspective == NULL ||
	     strcmp(entry->perspective, wanted->perspective) != 0))
		return TRUST_WRONG_PERSPECTIVE;
	return key_entry_valid_at(entry, wanted->at_ms);
}

static bool holds(struct pinned *k, struct span bytes,
                  const struct signature *signature)
{
	/* Without a key: the one from before, without fetching again. */
	if (EVP_DigestVerifyInit(k->ctx, NULL, NULL, NULL, NULL) != 1)
		abort();
	bool ok = EVP_DigestVerify(k->ctx, signature->b, sizeof(signature->b),
	                           bytes.p, bytes.len) == 1;

	if (!ok)
		ERR_clear_error();
	return ok;
}

enum trust_result keyring_verify_bytes(struct keyring *ring,
                                       const struct trust_wanted *wanted,
                                       const struct digest *key_id,
                                       struct span bytes,
                                       const struct signature *signature,
                                       const struct key_entry **entry)
{
	struct pinned *k = find(ring, key_id);

	if (entry != NULL)
		*entry = k != NULL ? &k->entry : NULL;
	if (k == NULL)
		return TRUST_UNKNOWN_KEY;
	enum trust_result may = allowed(&k->entry, wanted);

	if (may != TRUST_OK)
		return may;
	return holds(k, bytes, signature) ? TRUST_OK : TRUST_BAD_SIGNATURE;
}

enum trust_result keyring_verify(struct keyring *ring,
                                 const struct trust_wanted *wanted,
                                 const struct sign_domain *domain,
                                 struct span value, struct span header,
                                 const struct key_entry **entry)
{
	struct digest key_id;
	struct signature signature;
	struct buf bytes = { 0 };

	if (entry != NULL)
		*entry = NULL;
	if (header.p == NULL)
		return TRUST_UNSIGNED;
	if (!record_signature_parse(header, &key_id, &signature))
		return TRUST_MALFORMED;
	record_signed_bytes(domain, value, &bytes);
	enum trust_result result = keyring_verify_bytes(
		ring, wanted, &key_id, buf_span(&bytes), &signature, entry);

	buf_clear(&bytes);
	return result;
}
