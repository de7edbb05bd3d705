# Damaged builds, each of which the simulation must catch: the proof that it
# can. One change of one line in a copy of one of the product's files, linked
# before the library that has the good one. A change that finds nothing to
# change any more is a failing test, which says so.
#
# What finds it must be what it breaks, or nothing is proven of the check that
# should: FINDING is a part of what the first schedule that fails says, the
# whole promise (checker.c numbers its findings) where chance says which of its
# findings comes first. A build caught by anything else is a failing test, too.
#
# mutant(NAME FILE FROM TO FINDING [OPTION...]): options of simulate, for what
# is rare.
function(mutant name file from to finding)
	set(in ${CMAKE_SOURCE_DIR}/${file})
	set(out ${CMAKE_CURRENT_BINARY_DIR}/mutants/${name}.c)
	set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${in})
	set(text "")
	if(EXISTS ${in})
		file(READ ${in} text)
	endif()
	string(FIND "${text}" "${from}" at)
	if(at EQUAL -1)
		message(WARNING "mutants.cmake: ${name} finds nothing to "
			"damage in ${file}")
		add_test(NAME simulation_catches_${name} COMMAND sh -c
			"echo nothing to damage in ${file}; exit 1")
		set_tests_properties(simulation_catches_${name} PROPERTIES
			LABELS simulation)
		return()
	endif()
	string(REPLACE "${from}" "${to}" text "${text}")
	file(CONFIGURE OUTPUT ${out} CONTENT "${text}" @ONLY)
	sim_program(sim_${name} ${out})
	# what is damaged may leave something unused
	target_compile_options(sim_${name} PRIVATE -w)
	expect_caught(${name} sim_${name} "${finding}" ${ARGN})
endfunction()

# Passes if the first schedule that fails does so by that finding.
function(expect_caught name program finding)
	add_test(NAME simulation_catches_${name} COMMAND ${program}
		--seed 1 --schedules 5000 --jobs 1
		--expect-failure "${finding}" ${ARGN})
	set_tests_properties(simulation_catches_${name} PROPERTIES
		TIMEOUT 300 LABELS simulation)
endfunction()

# It must also see what it is not caught by.
add_test(NAME simulation_names_the_finding COMMAND simulate --no-fencing
	--seed 1 --schedules 5000 --jobs 1 --expect-failure "promise 6")
set_tests_properties(simulation_names_the_finding PROPERTIES
	PASS_REGULAR_EXPRESSION "caught by something else: \"promise 1: "
	TIMEOUT 300 LABELS simulation)

# -- promise 1: exactly one

# Brokers take offsets of members that were expelled.
expect_caught(no_fencing simulate "promise 1: the chain" --no-fencing)
# What an abort undid stays in the chain.
mutant(chain_over_abort coordinator/outbox_outcome.c
	"p->staged_head = p->head;" ";"
	"promise 1: the chain")
mutant(no_duplicate_window coordinator/requests.c
	"= window_find(in->p->window, in->id)" "= NULL"
	"promise 1: request")
# Who has read a decision that its coordinator has not yet heard of repeats his
# request for nothing.
mutant(repeats_unheard coordinator/requests.c
	"if (same && s->state != SESSION_DECIDED)" "if (same)"
	"has no answer")
mutant(mark_past_open common/base/offsets.c
	"if (at(o, i)->state == OPEN)\n\t\t\treturn" "if (0)\n\t\t\treturn"
	"promise 1: the mark")
# Answers other than decisions are not remembered above the mark.
mutant(asides_forgotten coordinator/answered.c
	"if (i < 0)\n\t\t\tcontinue;" "if (i != INT64_MIN)\n\t\t\tcontinue;"
	"promise 1")
# What is said of one mark is believed of another.
mutant(any_mark coordinator/partition.c
	"(int64_t)n[1] != mark ||" ""
	"before its mark was set back")
# A mark is set back by hand: what was copied to its home is copied again,
mutant(copies_forgotten coordinator/requests.c
	"remembered_copy(in->p->remembered, &f)" "false"
	"forwards")
# a repeat that was answered when the window was not over is decided,
mutant(repeats_forgotten coordinator/requests.c
	"if (was_repeat(in))" "if (0)"
	"before its mark was set back")
# one of a decision that was still to be committed, too,
mutant(repeats_of_undecided coordinator/requests.c
	"came <= at.logged_ms + LEASE_MS" "0"
	"before its mark was set back" --seed 112000)
# or all that is known to the first who comes only.
mutant(anew_once coordinator/partition.c
	"(long long)p->anew_below," "0LL,"
	"promise 1: request")
# Whoever claims that a record is a copy is believed,
mutant(any_claim coordinator/remembered.c
	"digest_span(&f->digest)," "SPAN(\"\"),"
	"promise 1: the mark")
# also if its home will read something else in it.
mutant(any_headers coordinator/remembered.c
	"digest_span(&f->headers), f->id" "SPAN(\"\"), f->id"
	"promise 1: the mark")
# Decisions that nobody needs any more are missed all the same,
mutant(retention_is_a_gap coordinator/restore_ask.c
	"p->decided_ms > 0 &&" "0 &&"
	"promise 1: a coordinator says coordinator_partition_gap")
# or the chain begins anew without them.
mutant(head_expires coordinator/restore_decisions.c
	"p->sequence = p->expected_sequence;\n\tp->head = p->expected_head;" ""
	"promise 1: the chain")
# Retention during a restore stops the partition.
mutant(broken_stops coordinator/restore.c
	"if (!restore_may_doubt(p)) {\n\t\tpartition_stop" "if (1) {\n\t\tpartition_stop"
	"promise 1: a coordinator says coordinator_partition_broken")
# The same while it is served stops one that is another's by then,
mutant(broken_at_once coordinator/restore.c
	"wait_for_group(p, at, why);\n\t\treturn;"
	"partition_stop(p, \"coordinator_partition_broken\", why);\n\t\treturn;"
	"promise 1: a coordinator says coordinator_partition_broken"
	--seed 30012630)
# and yet who has it still must say so: results are taken before he read them.
expect_caught(hasty_retention simulate
	"promise 1: a coordinator says coordinator_partition_broken"
	--hasty-retention)
# What a leader said of its log's end is waited for without end.
mutant(copies_wait coordinator/copies.c
	"timer_set_ms(x->stalled, STALL_MS);\n}" ";\n}"
	"promise 1: a request is stuck")
# The first decision after a quiet time needs what went before it.
mutant(first_needs_all coordinator/partition.c
	"return p->sequence + 1;" "return 0;"
	"promise 1: a coordinator says coordinator_partition_gap")
# nor is it said where one above the mark is among what is written.
mutant(several_need_all coordinator/partition.c
	"answered_any_conflict(p->answered" "answered_any_decided(p->answered"
	"promise 1: a coordinator says coordinator_partition_gap")
# It does too while the mark passes what was to be decided anew.
mutant(anew_needs_all coordinator/partition.c
	"p->anew_below > offsets_mark(p->offsets) ||" "p->anew_below > 0 ||"
	"promise 1: a coordinator says coordinator_partition_gap" --seed 30102079)
# What a leader does not know yet is taken for lost.
mutant(no_doubt coordinator/restore.c
	"return p->doubts < DOUBTS_MAX;" "return false;"
	"promise 1: a coordinator says coordinator_chain_truncated"
	--seed 2002)
# An open transaction of a predecessor is not waited for, and what it hides is
# not missed.
mutant(no_wait_for_stable coordinator/restore.c
	"if (offset < high)\n\t\t\treturn; /* an open transaction: there is more to come */\n\t\tkafka_in_stop(p->c->log_in, &at);\n\t\tif (is_short(p, offset, p->until[0]) ||\n\t\t    !restore_begins_early(p) || !restore_head_matches(p))"
	"kafka_in_stop(p->c->log_in, &at);\n\t\tif (p->last_decision < 0 && !restore_head_matches(p))"
	"promise 1: the chain")
# The ceiling counts requests that only wait to be read again.
mutant(full_house coordinator/brake.c
	"if (p->paused) /* hysteresis */"
	"size_t all = 0; for (uint32_t i = 0; i < c->d->partitions; i++) all += c->partitions[i] != NULL ? HASH_COUNT(c->partitions[i]->sessions) : 0; if (all >= most) return true; if (p->paused)"
	"promise 1: a request is stuck")

# -- promise 2: only what the planned perspective signed

mutant(any_key common/decide/count.c
	"if (h->trust != TRUST_OK)\n\t\treturn false;" "return true;"
	"promise 2: a counted result is not")

# -- promise 3: the same bytes again

# A deadline closes without reading results as far as they went.
mutant(no_barrier coordinator/session.c
	"barrier_add(s->partition->c->barrier, s);" "session_on_results_read(s);"
	"before the deadline that ignored it")
# A successor begins to read results too late.
mutant(results_from_now coordinator/restore.c
	"from = session_results_from(s, from);" ";"
	"before the deadline that ignored it")
# What comes while an attempt is being logged is folded all at once.
mutant(folded_unasked coordinator/session.c
	"s->state == SESSION_AWAITING || s->state == SESSION_LOGGING"
	"s->state == SESSION_AWAITING"
	"a shorter prefix of the results was certain" --seed 41140928)
# What came too late is begun all the same.
mutant(no_time_left coordinator/session.c
	"if (admission_refuses(s))" "if (0)"
	"an attempt was planned when no time was left")

# -- promise 4: log before use

# A check does not wait for its attempt,
mutant(check_before_plan coordinator/attempts.c
	"s->state = SESSION_LOGGING;\n\tlog_attempt(s, run);"
	"s->state = SESSION_LOGGING;\n\tlog_attempt(s, run);\n\tif (s->state == SESSION_LOGGING)\n\t\tattempts_dispatch(s);"
	"is sent before its plan is on the log")
# and what an abort undid is told.
mutant(abort_is_commit coordinator/outbox.c
	"if (outcome == KAFKA_TXN_COMMITTED) {"
	"if (outcome == KAFKA_TXN_COMMITTED ||\n\t    (outcome == KAFKA_TXN_ABORTED && o->flying.first != NULL &&\n\t     o->flying.first->kind == ANSWER_DECISION)) {"
	"is told before it is durable")

# -- promise 5: nothing of another attempt

mutant(results_of_any_attempt common/decide/count.c
	"return digest_eq(&r->plan, &state->ref.digest) &&\n\t       span_eq(r->request_id, state->attempt->request_id) &&\n\t       span_eq(r->attempt_id, state->attempt->attempt_id);"
	"return span_eq(r->request_id, state->attempt->request_id);"
	"promise 5: a result of another attempt")

# -- promise 6: bounded

# All that `decisions` says is kept, of requests that are gone too.
mutant(gone_requests_kept coordinator/restore_decisions.c
	"if (request_offset >= partition_requests_from(p))" ""
	"answers kept")

mutant(no_brake coordinator/brake.c
	"return c->sessions >= most || offsets_span" "return offsets_span"
	"requests in flight")
# What is passed over moves no mark that anybody is told of.
mutant(marks_stay coordinator/coordinator.c
	"outbox_commit_marks(c->outbox);" ";"
	"promise 6: a mark is stuck")
# The group waits for a commit as long as that takes.
mutant(no_revoke_limit coordinator/assignment.c
	"timer_set_ms(c->revoke_limit, REVOKE_LIMIT_MS);" ""
	"promise 6: a revoke took")
