/*
 * tables.h -- the tables of records and of the parts that several of them
 * share, for the codec's own files, tests and tools.
 */
#ifndef WIRE_TABLES_H
#define WIRE_TABLES_H

#include "wire/field.h"

/* Ceilings of what callers and records may put into shared fields, in bytes
   unless said otherwise. Together they keep a Check below CHECK_MAX. */
enum {
	MAX_ID = 128, /* request ids */
	MAX_ATTEMPT_ID = 64,
	MAX_CODE = 64,    /* perspectives, RIRs, instances */
	MAX_TARGET = 512, /* a name has 253; the rest is for saying no */
	MAX_NAME = 255,
	MAX_URI = 1024,
	MAX_PATTERN = 512, /* PATTERN_MAX (pattern/pattern.h) */
	MAX_TRACE = 256,
	MAX_VALUE = 2048, /* challenge values */
	MAX_HASH = 256,
	MAX_PREFIX = 64,
	MAX_WORD = 64,        /* text forms of enums, when kept */
	MAX_HEADER = 512,     /* name or value */
	MAX_HEADERS = 8,      /* count */
	MAX_ISSUERS = 32,     /* count */
	MAX_CAA_DOMAINS = 64, /* count */
	MAX_POLICY_ID = 128,
	MAX_VERSIONS = 512,
	MAX_DETAIL = 512
};

#define MAX_TIME      INT64_MAX
#define MAX_OFFSET    INT64_MAX
#define MAX_PARTITION INT32_MAX

extern const struct record_type dcv_parameters_type, caa_parameters_type,
	orchestration_type, record_ref_type, attempt_close_type;

extern const struct record_type request_type, attempt_type, check_type,
	result_type, decision_type, heartbeat_type, evidence_type;

#endif
