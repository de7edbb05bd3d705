#include "ctl/libraries.h"

#include <curl/curl.h>
#include <event2/event.h>
#include <jansson.h>
#include <librdkafka/rdkafka.h>
#include <openssl/crypto.h>
#include <unbound.h>

const struct version_part *libraries_running(void)
{
	static struct version_part parts[7];

	parts[0] =
		(struct version_part){ "librdkafka", rd_kafka_version_str() };
	parts[1] = (struct version_part){ "libunbound", ub_version() };
	parts[2] = (struct version_part){
		"libcurl", curl_version_info(CURLVERSION_NOW)->version
	};
	parts[3] = (struct version_part){
		"openssl", OpenSSL_version(OPENSSL_VERSION_STRING)
	};
	parts[4] = (struct version_part){ "libevent", event_get_version() };
	parts[5] = (struct version_part){ "jansson", jansson_version_str() };
	return parts;
}
