/*
 * compare.h -- what a cluster should have against what it has. Pure.
 *
 * Changes point into both states, which must outlive them.
 */
#ifndef CTL_COMPARE_H
#define CTL_COMPARE_H

#include "ctl/changes.h"

/* Missing topics; configurations that differ; what is set on a topic and not in
   the manifest; wrong numbers of partitions or replicas, which apply leaves
   alone. found: the wanted topics, .partitions 0 where there is none. */
void compare_topics(const struct cluster_state *wanted,
                    const struct cluster_state *found, struct changes *changes);

/* Missing rights; and those that are more than the manifest says: of one of its
   principals, or anybody's on what it names. */
void compare_rights(const struct cluster_state *wanted,
                    const struct cluster_state *found, struct changes *changes);

#endif
