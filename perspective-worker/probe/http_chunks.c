#include "http_chunks.h"

#include "base/text.h"

enum state {
	SIZE, /* or the first digit is still to come */
	EXTENSION,
	SIZE_LF,
	DATA,
	DATA_CR,
	DATA_LF,
	TRAILER_START,
	TRAILER,
	TRAILER_LF,
	END_LF,
	DONE
};

static int hex_digit(uint8_t c)
{
	uint8_t low = ascii_lower(c);

	if (ascii_is_digit(c))
		return c - '0';
	return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

static bool is_text(uint8_t c)
{
	return c == '\t' || (c >= ' ' && c != 0x7f);
}

/* -- one byte that is no body */

/* A size fits into 63 bits. */
static enum http_chunks_result take_size(struct http_chunks *c, uint8_t byte)
{
	int digit = hex_digit(byte);

	if (digit >= 0) {
		if (++c->digits > CHUNK_DIGITS_MAX || c->size >> 59 != 0)
			return CHUNKS_BAD;
		c->size = c->size << 4 | (unsigned)digit;
		return CHUNKS_GO_ON;
	}
	if (c->digits == 0)
		return CHUNKS_BAD;
	if (byte == '\r')
		c->state = SIZE_LF;
	else if (byte == ';' || byte == ' ' || byte == '\t')
		c->state = EXTENSION;
	else
		return CHUNKS_BAD;
	return CHUNKS_GO_ON;
}

/* Text up to CR, which leads to next. */
static enum http_chunks_result take_text(struct http_chunks *c, uint8_t byte,
                                         enum state next)
{
	if (byte == '\r')
		c->state = (int)next;
	else if (!is_text(byte))
		return CHUNKS_BAD;
	return CHUNKS_GO_ON;
}

static enum http_chunks_result expect(struct http_chunks *c, uint8_t byte,
                                      uint8_t want, enum state next)
{
	if (byte != want)
		return CHUNKS_BAD;
	c->state = (int)next;
	return next == DONE ? CHUNKS_DONE : CHUNKS_GO_ON;
}

static enum http_chunks_result take_byte(struct http_chunks *c, uint8_t byte)
{
	switch ((enum state)c->state) {
	case SIZE: return take_size(c, byte);
	case EXTENSION: return take_text(c, byte, SIZE_LF);
	case SIZE_LF:
		c->digits = 0;
		return expect(c, byte, '\n',
		              c->size > 0 ? DATA : TRAILER_START);
	case DATA_CR: return expect(c, byte, '\r', DATA_LF);
	case DATA_LF: return expect(c, byte, '\n', SIZE);
	case TRAILER_START:
		c->state = TRAILER;
		return take_text(c, byte, END_LF);
	case TRAILER: return take_text(c, byte, TRAILER_LF);
	case TRAILER_LF: return expect(c, byte, '\n', TRAILER_START);
	case END_LF: return expect(c, byte, '\n', DONE);
	case DATA:
	case DONE: break;
	}
	return CHUNKS_DONE;
}

static enum http_chunks_result count(struct http_chunks *c)
{
	if (c->state >= TRAILER_START)
		return ++c->trailers > CHUNK_TRAILERS_MAX
		               ? CHUNKS_TRAILERS_LARGE
		               : CHUNKS_GO_ON;
	return ++c->framing > CHUNK_FRAMING_MAX ? CHUNKS_FRAMING_LARGE
	                                        : CHUNKS_GO_ON;
}

/* -- runs */

static struct span take_data(struct http_chunks *c, struct span *in)
{
	size_t n = c->size < in->len ? (size_t)c->size : in->len;
	struct span data = span_sub(*in, 0, n);

	*in = span_sub(*in, n, in->len);
	c->size -= n;
	if (c->size == 0)
		c->state = DATA_CR;
	return data;
}

enum http_chunks_result http_chunks_take(struct http_chunks *c, struct span *in,
                                         struct span *data)
{
	*data = (struct span){ NULL, 0 };
	while (in->len > 0 && c->state != DONE) {
		enum http_chunks_result result;

		if (c->state == DATA) {
			*data = take_data(c, in);
			return CHUNKS_GO_ON;
		}
		result = count(c);
		if (result == CHUNKS_GO_ON)
			result = take_byte(c, in->p[0]);
		if (result != CHUNKS_GO_ON && result != CHUNKS_DONE)
			return result;
		*in = span_sub(*in, 1, in->len);
	}
	return c->state == DONE ? CHUNKS_DONE : CHUNKS_GO_ON;
}
