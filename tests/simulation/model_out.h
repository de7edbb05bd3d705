/*
 * model_out.h -- what a kill does to records on their way.
 */
#ifndef SIMULATION_MODEL_OUT_H
#define SIMULATION_MODEL_OUT_H

struct process;

void model_out_begin(void);
/* Of what it had sent, some never reaches the log: a tail of each partition's.
 */
void model_out_killed(const struct process *process);

#endif
