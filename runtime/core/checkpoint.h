/* A state in a file: variables as tensors, seed, step and scalars as notes.  See safetensors.h for the format. */
#ifndef BRINE_RUNTIME_CORE_CHECKPOINT_H_
#define BRINE_RUNTIME_CORE_CHECKPOINT_H_

#include "runtime/core/safetensors.h"
#include "runtime/core/state.h"

#ifdef __cplusplus
extern "C" {
#endif

// Writes everything a later process needs to go on bit for bit, and `notes` beside it.  The same state gives the same
// bytes.
brine_status brine_save(brine_state* state, const char* path);
brine_status brine_save_with_notes(brine_state* state, const char* path, const brine_note* notes, size_t note_count);

// Reads what brine_save wrote.  It reads all of it, or, on BRINE_INVALID with a sentence in brine_error, nothing.
brine_status brine_load(brine_state* state, const char* path);

// Reads the weights, from a file of any origin that holds each of them by name and shape: parameters, frozen weights
// and statistics, and those averages of parameters that it has; other tensors are passed over.  All or nothing.
brine_status brine_load_parameters(brine_state* state, const char* path);

// The two halves of brine_load: a checkpoint from a file that is already parsed.  `path` is for messages.
brine_status brine_restore(brine_state* state, const brine_tensors* file, const char* path);

#ifdef __cplusplus
}
#endif
#endif  // BRINE_RUNTIME_CORE_CHECKPOINT_H_
