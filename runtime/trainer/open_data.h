// The data that a command line names, checked against the inputs of the program.  All functions throw Error that names
// the file.
#ifndef BRINE_RUNTIME_TRAINER_OPEN_DATA_H_
#define BRINE_RUNTIME_TRAINER_OPEN_DATA_H_

#include <string>

#include "runtime/program.h"
#include "runtime/trainer/dataset.h"
#include "runtime/trainer/flags.h"
#include "runtime/trainer/npy.h"

namespace brine {

// The environment variable in which the tool says what it packed for this program: the path of a packed file, and after
// it that of its source, which the user knows (JoinCommand).
inline constexpr char kSourcesVariable[] = "BRINE_SOURCES";

// What messages call the file: the source that the tool packed into it, or else the file itself.
std::string SourceOf(const std::string& file);

// The data of --data, or the built-in images.  Images are enlarged to the size that the model takes, if it is a
// multiple of theirs.  Arrays are the training data of commands that train, and the test data of others.
Splits OpenData(const brine_program& program, const CommandLine& line);

// What LoadMapped reads, enlarged in the same way.
Splits OpenMapped(const brine_program& program, const std::string& path);

// The samples of several files, one for each input or label.  The first axis of each array counts the samples.
Dataset OpenArrays(const brine_program& program, const CommandLine::NamedFiles& files);

// Throws Error unless the array is one sample or several of the input, or flat ones.  Axes of extent 1 are ignored.
void CheckShape(const Array& array, const brine_value& input, const std::string& file);

// The data to evaluate: those for tests, or else those for validation.
const Dataset& HeldOut(const Splits& data);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_OPEN_DATA_H_
