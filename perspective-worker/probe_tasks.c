#include "base/siphash.h"
#define HASH_FUNCTION(key, len, hashv) SIPHASH_UTHASH(key, len, hashv)

#include "perspective-worker/probe_pool_internal.h"

#include <utlist.h>

void task_append(struct probe_task **list, struct probe_task *task)
{
	DL_APPEND(*list, task);
}

void task_prepend(struct probe_task **list, struct probe_task *task)
{
	DL_PREPEND(*list, task);
}

void task_remove(struct probe_task **list, struct probe_task *task)
{
	DL_DELETE(*list, task);
}

/* NOLINTBEGIN(readability-function-size,clang-analyzer-*): uthash's macros,
   which nest deeply and which the analyzer does not follow. */
void task_register(struct probe_task **table, struct probe_task *task)
{
	HASH_ADD(hh, *table, id, sizeof(task->id), task);
}

void task_forget(struct probe_task **table, struct probe_task *task)
{
	HASH_DEL(*table, task);
}

struct probe_task *task_find(struct probe_task *table, int64_t id)
{
	struct probe_task *task = NULL;

	HASH_FIND(hh, table, &id, sizeof(id), task);
	return task;
}

void task_forget_all(struct probe_task **table)
{
	HASH_CLEAR(hh, *table);
}
/* NOLINTEND(readability-function-size,clang-analyzer-*) */
