#include "runtime/core/checkpoint.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/core/layout.h"

namespace {

constexpr size_t kMaxFileBytes = size_t{1} << 36;

brine_text Text(const char* terminated) { return {terminated, strlen(terminated)}; }

// The notes of a checkpoint that is being written, and memory for one text of each.
struct Notes {
  brine_note* notes;
  char (*texts)[400];
  size_t count = 0;

  void Add(const char* key, const char* value) { notes[count++] = {Text(key), Text(value)}; }
  char* NextText() { return texts[count]; }
  void AddNumber(const char* key, const char* format, uint64_t number) {
    char* const text = NextText();
    snprintf(text, sizeof(texts[0]), format, number);
    Add(key, text);
  }
};

// Calls `visit` once with the name of each scalar, even if several functions have it.
template <typename Visit>
void ForEachScalar(const brine_program* program, const Visit& visit) {
  for (int32_t index = 0; index < program->function_count; ++index) {
    const brine_function& function = program->functions[index];
    for (int32_t input = 0; input < function.input_count; ++input) {
      if (function.inputs[input].source != BRINE_SCALAR) continue;
      const char* const name = function.values[function.inputs[input].value].name;
      bool known = false;
      for (int32_t earlier = 0; earlier < index; ++earlier)
        known = known || brine_find_input(&program->functions[earlier], name) != nullptr;
      if (!known) visit(name);
    }
  }
}

// Adds a note for each scalar: the key "scalar/<name>" and the bits of its value in hexadecimal, since decimal text
// would depend on the locale.  The text of the note has the value in its first 40 bytes and the key after them.
void AddScalars(Notes* all, const brine_state* state) {
  ForEachScalar(state->program, [&](const char* name) {
    char* const text = all->NextText();
    const double number = brine_get_scalar(state, name);
    uint64_t bits;
    memcpy(&bits, &number, sizeof(bits));
    snprintf(text, 40, "%016" PRIx64, bits);
    snprintf(text + 40, sizeof(all->texts[0]) - 40, "scalar/%s", name);
    all->Add(text + 40, text);
  });
}

brine_status Invalid(brine_state* state, const char* path, const char* what) {
  snprintf(state->error, sizeof(state->error), "%s: %s", path, what);
  return BRINE_INVALID;
}

// "F32[3,3,3,32]"
void DescribeType(char* text, size_t bytes, uint8_t dtype, const int32_t* dims, int rank) {
  size_t used = static_cast<size_t>(snprintf(text, bytes, "%s[", brine_type_name(dtype)));
  for (int axis = 0; axis < rank && used < bytes; ++axis)
    used += static_cast<size_t>(snprintf(text + used, bytes - used, "%s%d", axis == 0 ? "" : ",", dims[axis]));
  if (used < bytes) snprintf(text + used, bytes - used, "]");
}

const brine_tensor* FindTensor(const brine_tensors* file, const char* name) {
  for (size_t index = 0; index < file->tensor_count; ++index) {
    if (brine_text_is(file->tensors[index].name, name)) return &file->tensors[index];
  }
  return nullptr;
}

// The tensor of a variable in the file.  If it is missing or of another type, null; the state's error then says so.
const brine_tensor* MatchingTensor(brine_state* state, const brine_tensors* file, const char* path,
                                   const brine_variable& variable) {
  const brine_tensor* const tensor = FindTensor(file, variable.name);
  if (tensor == nullptr) {
    snprintf(state->error, sizeof(state->error), "%s: is not of the model %s: it has no tensor %s", path,
             state->program->name, variable.name);
    return nullptr;
  }
  if (tensor->dtype == variable.dtype && tensor->rank == variable.rank &&
      memcmp(tensor->dims, variable.dims, sizeof(int32_t) * variable.rank) == 0)
    return tensor;
  char there[100], here[100];
  DescribeType(there, sizeof(there), tensor->dtype, tensor->dims, tensor->rank);
  DescribeType(here, sizeof(here), variable.dtype, variable.dims, variable.rank);
  snprintf(state->error, sizeof(state->error), "%s: is not of the model %s: %s is %s there and %s in the model", path,
           state->program->name, variable.name, there, here);
  return nullptr;
}

bool ParseNumber(brine_text text, int base, uint64_t* number) {
  char digits[32];
  if (text.data == nullptr || text.size == 0 || text.size >= sizeof(digits)) return false;
  memcpy(digits, text.data, text.size);
  digits[text.size] = '\0';
  char* end = nullptr;
  errno = 0;
  *number = strtoull(digits, &end, base);
  return errno == 0 && *end == '\0' && digits[0] != '-' && digits[0] != '+' && digits[0] != ' ';
}

bool ParseBits(brine_text text, double* number) {
  uint64_t bits;
  if (!ParseNumber(text, 16, &bits)) return false;
  memcpy(number, &bits, sizeof(bits));
  return isfinite(*number);
}

void CopyVariable(brine_state* state, const brine_tensors* file, int32_t variable) {
  const brine_tensor* const tensor = FindTensor(file, state->program->variables[variable].name);
  memcpy(brine_variable_data(state, variable), tensor->data, static_cast<size_t>(tensor->bytes));
}

// Whether brine_load_parameters takes the variable from the file.
bool IsLoaded(const brine_tensors* file, const brine_variable& variable) {
  if (variable.role == BRINE_ROLE_AVERAGE) return FindTensor(file, variable.name) != nullptr;
  return variable.role != BRINE_ROLE_SLOT;
}

// The parameter of which the variable is the average, or −1.  Parameters come before averages (brine_role).
int32_t ParameterOf(const brine_program* program, int32_t variable) {
  if (program->variables[variable].role != BRINE_ROLE_AVERAGE) return -1;
  for (int32_t index = 0; index < program->variable_count; ++index) {
    const brine_variable& parameter = program->variables[index];
    if (parameter.role == BRINE_ROLE_PARAMETER && parameter.id == program->variables[variable].id) return index;
  }
  return -1;
}

brine_status LoadWith(brine_state* state, const char* path,
                      brine_status (*restore)(brine_state*, const brine_tensors*, const char*)) {
  char why[400];
  size_t size = 0;
  uint8_t* const bytes = brine_read_file(path, kMaxFileBytes, &size, state->error, sizeof(state->error));
  if (bytes == nullptr) return BRINE_INVALID;
  brine_tensors file;
  brine_status status = BRINE_INVALID;
  if (brine_parse_tensors(bytes, size, &file, why, sizeof(why)) != 0) {
    Invalid(state, path, why);
  } else {
    status = restore(state, &file, path);
    brine_release_tensors(&file);
  }
  free(bytes);
  return status;
}

}  // namespace

brine_status brine_save(brine_state* state, const char* path) { return brine_save_with_notes(state, path, nullptr, 0); }

brine_status brine_save_with_notes(brine_state* state, const char* path, const brine_note* notes, size_t note_count) {
  const brine_program* program = state->program;
  size_t own_notes = 6;  // those that are added below, and one for each scalar
  ForEachScalar(program, [&](const char*) { ++own_notes; });
  const size_t variables = static_cast<size_t>(program->variable_count);
  void* const memory = calloc(1, (own_notes + note_count) * sizeof(brine_note) + variables * sizeof(brine_tensor) +
                                     own_notes * sizeof(Notes::texts[0]));
  if (memory == nullptr) return Invalid(state, path, "no memory to write it"), BRINE_FAILED;
  brine_tensor* const tensors = static_cast<brine_tensor*>(memory);
  Notes all = {reinterpret_cast<brine_note*>(tensors + variables), nullptr};
  all.texts = reinterpret_cast<char(*)[400]>(all.notes + own_notes + note_count);
  all.Add("format", "brine");
  all.Add("model", program->name);
  all.AddNumber("graph_hash", "%016" PRIx64, program->graph_hash);
  all.Add("numerics_id", program->numerics_id == nullptr ? "" : program->numerics_id);
  all.AddNumber("seed", "%" PRIu64, state->seed);
  all.AddNumber("step", "%" PRIu64, state->steps_done);
  AddScalars(&all, state);
  for (size_t index = 0; index < note_count; ++index) all.notes[all.count++] = notes[index];
  for (int32_t index = 0; index < program->variable_count; ++index) {
    const brine_variable& variable = program->variables[index];
    brine_tensor& tensor = tensors[index];
    tensor = {Text(variable.name),
              variable.dtype,
              variable.rank,
              {},
              brine_variable_data(state, index),
              brine_variable_bytes(program, index)};
    memcpy(tensor.dims, variable.dims, sizeof(int32_t) * variable.rank);
  }
  const int result =
      brine_write_tensors(path, tensors, variables, all.notes, all.count, state->error, sizeof(state->error));
  free(memory);
  return result == 0 ? BRINE_OK : BRINE_FAILED;
}

brine_status brine_restore(brine_state* state, const brine_tensors* file, const char* path) {
  const brine_program* program = state->program;
  for (int32_t index = 0; index < program->variable_count; ++index) {
    if (MatchingTensor(state, file, path, program->variables[index]) == nullptr) return BRINE_INVALID;
  }
  if (file->tensor_count != static_cast<size_t>(program->variable_count))
    return Invalid(state, path, "is of another model: it holds tensors that this one lacks");
  uint64_t seed = 0, step = 0, hash = 0;
  if (!ParseNumber(brine_find_note(file, "graph_hash"), 16, &hash) || hash != program->graph_hash)
    return Invalid(state, path, "is of another model: its graph hash differs");
  if (!ParseNumber(brine_find_note(file, "seed"), 10, &seed) ||
      !ParseNumber(brine_find_note(file, "step"), 10, &step) || step > UINT32_MAX) {
    return Invalid(state, path, "is not a checkpoint: its seed or step is missing or out of range");
  }
  for (size_t note = 0; note < file->note_count; ++note) {  // all scalars are checked before anything is changed
    double number;
    if (file->notes[note].key.size > 7 && memcmp(file->notes[note].key.data, "scalar/", 7) == 0 &&
        !ParseBits(file->notes[note].value, &number)) {
      return Invalid(state, path, "holds a scalar that is not a finite number");
    }
  }
  for (int32_t index = 0; index < program->variable_count; ++index) CopyVariable(state, file, index);
  brine_set_progress(state, seed, step);
  ForEachScalar(program, [&](const char* name) {
    char key[360];
    snprintf(key, sizeof(key), "scalar/%s", name);
    const brine_text value = brine_find_note(file, key);
    double number;
    if (value.data != nullptr && ParseBits(value, &number)) brine_set_scalar(state, name, number);
  });
  return BRINE_OK;
}

brine_status brine_restore_parameters(brine_state* state, const brine_tensors* file, const char* path) {
  const brine_program* program = state->program;
  for (int32_t index = 0; index < program->variable_count; ++index) {
    const brine_variable& variable = program->variables[index];
    if (IsLoaded(file, variable) && MatchingTensor(state, file, path, variable) == nullptr) return BRINE_INVALID;
  }
  for (int32_t index = 0; index < program->variable_count; ++index) {
    const int32_t parameter = ParameterOf(program, index);
    if (IsLoaded(file, program->variables[index]))
      CopyVariable(state, file, index);
    else if (parameter >= 0)
      memcpy(brine_variable_data(state, index), brine_variable_data(state, parameter),
             static_cast<size_t>(brine_variable_bytes(program, index)));
  }
  return BRINE_OK;
}

brine_status brine_load(brine_state* state, const char* path) { return LoadWith(state, path, brine_restore); }
brine_status brine_load_parameters(brine_state* state, const char* path) {
  return LoadWith(state, path, brine_restore_parameters);
}
