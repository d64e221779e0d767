// What a data set is like.
#ifndef BRINE_FRONTEND_DATA_DESCRIBE_H_
#define BRINE_FRONTEND_DATA_DESCRIBE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "frontend/data/source.h"

namespace brine {

struct PartFacts {
  int64_t samples = 0;
  std::vector<int64_t> of_class;  // the number of samples of each class; empty if the labels are not classes
};

// A sample for tests or validation whose content a training sample has, too.  Samples without a name are called by
// their number: "17".
struct Duplicate {
  std::string sample, train;
};

struct DataFacts {
  PartFacts train, validation, test;
  // Of the first field of the training data: of each channel of images, and of each element of other samples.
  std::vector<double> mean, variance;
  int64_t duplicate_count = 0;
  std::vector<Duplicate> duplicates;  // the first ten
  int64_t broken = 0;                 // samples that were left out
};

// The parts, in the order in which they are shown.
struct PartRow {
  const char* name;
  PartFacts DataFacts::*facts;
};
inline constexpr PartRow kPartRows[] = {
    {"train", &DataFacts::train}, {"validation", &DataFacts::validation}, {"test", &DataFacts::test}};

// The name of a class, or its number if it has none.
std::string ClassName(const Source& source, size_t number);

bool ArePictures(const Source& source);

// What mean and variance are of, "channel" of pictures, "column" of a table or "element"; and what one is called.
const char* ElementKind(const Source& source);
std::string ElementName(const Source& source, size_t index);

// The number of pictures of each size (width, height) in a folder or an archive of pictures, by their headers; empty
// for other sources.
using PictureSizes = std::map<std::pair<int64_t, int64_t>, int64_t>;
PictureSizes CountPictureSizes(const std::string& path, const DataOptions& options);

// Reads all samples.  Two are duplicates if their first fields have the same bytes, by a hash of 128 bits.  Memory is
// taken for 24 bytes of each training sample.  Throws Error with a line for each broken sample, unless
// `options.skip_broken`.
DataFacts Describe(const Source& source, const DataOptions& options);

}  // namespace brine

#endif  // BRINE_FRONTEND_DATA_DESCRIBE_H_
