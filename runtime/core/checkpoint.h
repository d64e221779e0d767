/* A state in a file.  Variables are tensors; the seed, the number of steps and the scalars are notes (safetensors.h).
 */
#ifndef BRINE_RUNTIME_CORE_CHECKPOINT_H_
#define BRINE_RUNTIME_CORE_CHECKPOINT_H_

#include "runtime/core/safetensors.h"
#include "runtime/core/state.h"

#ifdef __cplusplus
extern "C" {
#endif

// Writes everything that a later process needs to continue bit for bit, and the caller's `notes`.  Equal states and
// notes give equal bytes.  BRINE_FAILED if the file cannot be written; brine_error says why.
brine_status brine_save(brine_state* state, const char* path);
brine_status brine_save_with_notes(brine_state* state, const char* path, const brine_note* notes, size_t note_count);

// Restores what brine_save wrote.  BRINE_INVALID if the file cannot be read or is not a checkpoint of this model; the
// state is then as it was, and brine_error says why.
brine_status brine_load(brine_state* state, const char* path);

// Loads weights from any safetensors file that has a tensor with the name and shape of each parameter, frozen weight
// and statistic.  Averages of parameters are loaded if the file has them, and other tensors are ignored.  BRINE_INVALID
// as for brine_load.
brine_status brine_load_parameters(brine_state* state, const char* path);

// Do what brine_load and brine_load_parameters do with a file that is already parsed.  `path` is only used for
// messages.
brine_status brine_restore(brine_state* state, const brine_tensors* file, const char* path);
brine_status brine_restore_parameters(brine_state* state, const brine_tensors* file, const char* path);

#ifdef __cplusplus
}
#endif
#endif  // BRINE_RUNTIME_CORE_CHECKPOINT_H_
