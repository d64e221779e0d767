// Data sets from the files that people have: folders of pictures, archives, arrays of numpy, tables.
//
//   brine::Splits data = brine::LoadImageFolder("flowers", {.height = 64, .width = 64, .channels = 3});
//   trainer.Fit(data.train, {.epochs = 10, .validation_data = &data.test});
//
// All functions throw brine::Error (runtime/trainer/error.h) whose sentence names the file, and the line or the entry
// in it.  The code is kExitBadInput for files that are wrong.  Programs that use these functions link Brine::data,
// which links zlib, libpng, libjpeg and libwebp; a trainer that reads packed files (LoadPacked in
// runtime/trainer/readers.h) needs none of them.
#ifndef BRINE_FRONTEND_DATA_DATA_H_
#define BRINE_FRONTEND_DATA_DATA_H_

#include <array>
#include <cstdint>
#include <string>

#include "runtime/trainer/dataset.h"

namespace brine {

inline constexpr int64_t kMaxPictureSide = 1 << 16;  // of the size that pictures get

// How a picture gets another aspect ratio.
enum class Resize {
  kStretch,  // each axis has a scale of its own, as in Keras's image_dataset_from_directory
  kFit,      // the whole picture, in the middle of the background
  kCrop      // the largest middle part that has the aspect ratio
};

// What happens to a row of a table that has no value in a column.
enum class Missing {
  kRefuse,  // an error that names the line
  kMean,    // the mean of the column in the training rows; of a column of texts the most frequent one
  kDrop     // the row is left out
};

struct DataOptions {
  // Of pictures: the size that they get.  0 stands for that of the pictures, which must then agree.
  int64_t height = 0, width = 0;
  int64_t channels = 0;  // 1 for grey, 3 for red, green and blue; 0 for what most pictures have
  Resize resize = Resize::kStretch;
  std::array<uint8_t, 3> background = {255, 255, 255};  // behind transparent pixels, and around pictures with kFit
  bool skip_broken = false;                // whether a picture that cannot be decoded is left out, instead of an error
  int64_t max_pixels = int64_t{16} << 20;  // of a picture before it is resized; a larger one counts as broken

  // Of tables.
  std::string target = {};  // the column of the labels; empty for the last one
  Missing missing = Missing::kRefuse;

  // The share of each class that becomes test data, if the source has neither test nor validation data; in [0, 1).
  // Samples are drawn by their number and `split_seed`, and not by their order.
  double test_split = 0.2;
  uint64_t split_seed = 0;

  int threads = 0;  // that decode; 0 for all processors that the process may use
};

// A folder of pictures (PNG, JPEG, WebP, BMP, PPM), with a folder for each class: cat/1.png, dog/2.jpg.  Above these
// there may be the folders train, val (or valid, validation) and test.  Classes are numbered in the order of the
// bytes of their names.  The pictures are decoded into memory.
Splits LoadImageFolder(const std::string& folder, const DataOptions& options = {});

// A file of numpy.savez with the arrays x_train, y_train, x_test and y_test, as Keras's data sets have them; the test
// data may be missing.
Splits LoadNpz(const std::string& file, const DataOptions& options = {});

// A table in CSV or TSV (RFC 4180), whose first line names the columns.  The target's texts are classes; its numbers
// are values to predict.  Of the other columns, numbers are one element each, and texts one for each text that the
// training rows have, of which one is 1 and the others 0.
Splits LoadCsv(const std::string& file, const DataOptions& options = {});

// Any of these, and what else `brine data pack` takes: CIFAR-10's and CIFAR-100's binary files and archives, IDX files
// plain and as .gz, folders with x_train.npy and so on, a tar in the form of WebDataset, and packed files.
Splits LoadData(const std::string& source, const DataOptions& options = {});

}  // namespace brine

#endif  // BRINE_FRONTEND_DATA_DATA_H_
