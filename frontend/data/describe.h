// What a data set is like.
#ifndef BRINE_FRONTEND_DATA_DESCRIBE_H_
#define BRINE_FRONTEND_DATA_DESCRIBE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "frontend/data/picture_source.h"
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

struct ShownSource {
  Source source;
  PictureSizes sizes;  // before they are resized; empty if the samples are no files of pictures
};

// Opens a source to be described: as OpenSource does, but pictures of different sizes, for which `options` has none,
// are read as kShownSize × kShownSize pixels.
inline constexpr int64_t kShownSize = 64;
ShownSource OpenToShow(const std::string& path, DataOptions options);

// Reads all samples.  Two are duplicates if their first fields have the same bytes, by a hash of 128 bits.  Memory is
// taken for 24 bytes of each training sample.  Throws Error with a line for each broken sample, unless
// `options.skip_broken`.
DataFacts Describe(const Source& source, const DataOptions& options);

}  // namespace brine

#endif  // BRINE_FRONTEND_DATA_DESCRIBE_H_
