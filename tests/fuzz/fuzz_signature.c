/* The two header parsers: what they take has one spelling, and it is this. */
#include "trust/jws.h"

#include "base/text.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect_same(struct buf *again, struct span text)
{
	if (!span_eq(buf_span(again), text))
		abort();
	buf_clear(again);
}

static void try_record(struct span text)
{
	struct digest key_id;
	struct signature signature;
	struct buf again = { 0 };

	if (!record_signature_parse(text, &key_id, &signature))
		return;
	text_base64url(&again, digest_span(&key_id));
	buf_add_u8(&again, '.');
	text_base64url(&again, span_of(signature.b, sizeof(signature.b)));
	expect_same(&again, text);
}

static void try_jws(struct span text)
{
	struct jws jws;
	char hex[DIGEST_HEX_ROOM];
	struct buf head = { 0 };
	struct buf again = { 0 };

	if (!jws_parse(text, &jws))
		return;
	buf_printf(&head,
	           "{\"alg\":\"EdDSA\",\"kid\":\"%s\",\"typ\":"
	           "\"mpic-decision+jws\",\"mpic\":{\"deployment\":\"%s\","
	           "\"lab\":%s,\"version\":%u}}",
	           digest_hex(&jws.key_id, hex), jws.deployment,
	           jws.lab ? "true" : "false", jws.schema_version);
	text_base64url(&again, buf_span(&head));
	buf_add_str(&again, "..");
	text_base64url(&again,
	               span_of(jws.signature.b, sizeof(jws.signature.b)));
	expect_same(&again, text);
	buf_clear(&head);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	try_record(span_of(data, size));
	try_jws(span_of(data, size));
	return 0;
}
