#include "tls_memory.h"

#include "base/mem.h"
#include "base/siphash.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define HASH_FUNCTION(key, len, hashv) SIPHASH_UTHASH(key, len, hashv)
#include <uthash.h>

enum {
	/* records' buffers are below: they come and go with each record */
	LARGE = 20 * 1024,
	PAGE_LEAST = 4096 /* no page is smaller: most blocks begin elsewhere */
};

struct large {
	void *p; /* of pages of its own */
	size_t size;
	UT_hash_handle hh;
};

static struct large *all;

static size_t in_pages(size_t size)
{
	static size_t page;

	if (page == 0)
		page = (size_t)sysconf(_SC_PAGESIZE);
	return (size + page - 1) / page * page;
}

/* NOLINTBEGIN(readability-function-size,clang-analyzer-*): uthash's macros,
   which nest deeply and which the analyzer does not follow. */
static struct large *find(const void *p)
{
	struct large *l = NULL;

	if (p != NULL && (uintptr_t)p % PAGE_LEAST == 0)
		HASH_FIND_PTR(all, &p, l);
	return l;
}

static void *large_new(size_t size)
{
	void *p = MAP_FAILED;
	struct large *l;

	if (size <= SIZE_MAX / 2)
		p = mmap(NULL, in_pages(size), PROT_READ | PROT_WRITE,
		         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return NULL;
	l = xzalloc(sizeof(*l));
	l->p = p;
	l->size = size;
	HASH_ADD_PTR(all, p, l);
	return p;
}

static void large_free(struct large *l)
{
	HASH_DEL(all, l);
	(void)munmap(l->p, in_pages(l->size));
	free(l);
}

/* NOLINTEND(readability-function-size,clang-analyzer-*) */

static void *block_new(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	if (size == 0)
		return NULL;
	return size < LARGE ? xreallocarray(NULL, 1, size) : large_new(size);
}

static void block_free(void *p, const char *file, int line)
{
	struct large *l = find(p);

	(void)file;
	(void)line;
	if (l != NULL)
		large_free(l);
	else
		free(p);
}

/* What has grown to be large stays where it was. */
static void *block_resize(void *p, size_t size, const char *file, int line)
{
	struct large *l = find(p);
	void *other;

	if (p == NULL)
		return block_new(size, file, line);
	if (size == 0) {
		block_free(p, file, line);
		return NULL;
	}
	if (l == NULL)
		return xreallocarray(p, 1, size);
	other = block_new(size, file, line);
	if (other == NULL)
		return NULL;
	memcpy(other, p, size < l->size ? size : l->size);
	large_free(l);
	return other;
}

bool tls_memory_init(void)
{
	return CRYPTO_set_mem_functions(block_new, block_resize, block_free) ==
	       1;
}

void tls_memory_idle(const void *p)
{
	const struct large *l = find(p);

	if (l != NULL)
		(void)madvise(l->p, in_pages(l->size), MADV_DONTNEED);
}
