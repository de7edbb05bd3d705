/*
 * pinned_keys.h -- the `key "name" { ... }` sections that every program has:
 * which public keys are trusted, and for what (design, "Signatures").
 */
#ifndef SETTINGS_PINNED_KEYS_H
#define SETTINGS_PINNED_KEYS_H

#include "settings/settings.h"
#include "trust/keyring.h"

struct pinned_key {
	const char *name;
	const char *role;
	const char *perspective;
	const char *public_key_file;
	const char *public_key;
	const char *not_before;
	const char *not_after;
	const char *revoked_from;
};

/* For SET_ROWS(S, "key", field, struct pinned_key, pinned_key_table, ...). */
extern const struct setting pinned_key_table[];

/* Reads key files and builds the ring; NULL with why naming the key and what
   to do. Free with keyring_free(). */
struct keyring *pinned_keys_ring(const struct setting_rows *rows,
                                 struct err *why)
	__attribute__((warn_unused_result));

#endif
