#include "base/mem.h"
#include "http_internal.h"
#include "loop/timer.h"

#include <event2/event.h>
#include <stdlib.h>

static void need(bool had)
{
	if (!had)
		abort(); /* libcurl had no memory */
}

/* Transfers end here and nowhere else: libcurl must not be on the stack when a
   handle leaves it. */
static void drain(struct http_client *client)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(client->multi, &left)) != NULL) {
		CURL *easy = message->easy_handle;
		CURLcode code = message->data.result; /* goes with removal */
		struct http_fetch *fetch = NULL;

		curl_easy_getinfo(easy, CURLINFO_PRIVATE, &fetch);
		need(curl_multi_remove_handle(client->multi, easy) == CURLM_OK);
		http_fetch_note_end(fetch, code);
	}
}

static void act(struct http_client *client, curl_socket_t fd, int what)
{
	int running;

	need(curl_multi_socket_action(client->multi, fd, what, &running) ==
	     CURLM_OK);
	drain(client);
}

static void on_timer(void *arg)
{
	act(arg, CURL_SOCKET_TIMEOUT, 0);
}

static void on_socket(evutil_socket_t fd, short what, void *arg)
{
	int action = ((what & EV_READ) ? CURL_CSELECT_IN : 0) |
	             ((what & EV_WRITE) ? CURL_CSELECT_OUT : 0);

	act(arg, fd, action);
}

static int set_timer(CURLM *multi, long ms, void *arg)
{
	struct http_client *client = arg;

	(void)multi;
	if (ms < 0)
		timer_stop(client->timer);
	else
		timer_set_ms(client->timer, ms);
	return 0;
}

static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *arg,
                        void *of_socket)
{
	struct http_client *client = arg;
	struct event *event = of_socket;
	short wanted = EV_PERSIST;

	(void)easy;
	if (event != NULL)
		event_free(event);
	if (what == CURL_POLL_REMOVE) {
		curl_multi_assign(client->multi, fd, NULL);
		return 0;
	}
	if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
		wanted |= EV_READ;
	if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
		wanted |= EV_WRITE;
	event = event_new(loop_base(client->loop), fd, wanted, on_socket,
	                  client);
	need(event != NULL && event_add(event, NULL) == 0);
	curl_multi_assign(client->multi, fd, event);
	return 0;
}

void http_client_own(struct http_client *client, curl_socket_t fd,
                     struct http_fetch *fetch)
{
	size_t at = (size_t)fd;

	if (fd < 0 || (at >= client->owners_room && fetch == NULL))
		return;
	if (at >= client->owners_room) {
		size_t room = at + at / 2 + 16;

		client->owners = xreallocarray(client->owners, room,
		                               sizeof(*client->owners));
		memset(client->owners + client->owners_room, 0,
		       (room - client->owners_room) * sizeof(*client->owners));
		client->owners_room = room;
	}
	client->owners[at] = fetch;
}

struct http_fetch *http_client_owner(const struct http_client *client,
                                     curl_socket_t fd)
{
	if (fd < 0 || (size_t)fd >= client->owners_room)
		return NULL;
	return client->owners[fd];
}

struct http_client *http_client_new(struct loop *loop)
{
	struct http_client *client = xzalloc(sizeof(*client));

	client->loop = loop;
	client->timer = timer_new(loop, on_timer, client);
	client->multi = curl_multi_init();
	need(client->multi != NULL);
	curl_multi_setopt(client->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
	curl_multi_setopt(client->multi, CURLMOPT_SOCKETDATA, client);
	curl_multi_setopt(client->multi, CURLMOPT_TIMERFUNCTION, set_timer);
	curl_multi_setopt(client->multi, CURLMOPT_TIMERDATA, client);
	curl_multi_setopt(client->multi, CURLMOPT_PIPELINING,
	                  (long)CURLPIPE_NOTHING);
	curl_multi_setopt(client->multi, CURLMOPT_MAXCONNECTS, 1L);
	return client;
}

void http_client_set(struct http_client *client, const struct guard *guard,
                     struct span user_agent, int64_t connect_ms)
{
	client->guard = guard;
	free(client->user_agent);
	client->user_agent = xspandup(user_agent);
	client->connect_ms = connect_ms;
}

void http_client_free(struct http_client **slot)
{
	struct http_client *client = *slot;

	if (client == NULL)
		return;
	*slot = NULL;
	curl_multi_cleanup(client->multi);
	timer_free(&client->timer);
	free(client->user_agent);
	free(client->owners);
	free(client);
}
