// The handles that a model is built of, tensors and layers, and the source lines of calls.
#ifndef BRINE_FRONTEND_BRINE_TENSOR_H_
#define BRINE_FRONTEND_BRINE_TENSOR_H_

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace brine {

namespace internal {
struct Record;  // what a tensor, layer, model or graph consists of (recorded.h)
struct Access;

// A counted reference to a record, which is never empty.  std::shared_ptr would do, but parsing <memory> takes longer
// than parsing the rest of this header, which every compilation of a model has to do.
class Handle {
 public:
  explicit Handle(Record* record);
  Handle(const Handle& other);
  Handle& operator=(const Handle& other);
  ~Handle();
  Record* record() const { return record_; }

 private:
  Record* record_;
};
}  // namespace internal

// The source line of a call: as a default argument, current() is the line of the call.  std::source_location would do,
// but takes another header, and clang 14 does not support that of GCC 12.
struct Line {
  const char* file;
  unsigned number;

  static constexpr Line current(const char* file = __builtin_FILE(), unsigned number = __builtin_LINE()) {
    return {file, number};
  }
};

// The input or the result of a layer.  Copies refer to the same tensor.
class Tensor {
  friend struct internal::Access;
  explicit Tensor(const internal::Handle& handle) : handle_(handle) {}
  internal::Handle handle_;
};

// One or several tensors.
struct Tensors {
  std::vector<Tensor> tensors;

  Tensors(const Tensor& tensor) : tensors{tensor} {}
  Tensors(std::initializer_list<Tensor> list) : tensors(list) {}
  Tensors(std::vector<Tensor> list) : tensors(std::move(list)) {}
};

// A layer, as the functions below return it.  Each call applies it with the same parameters.  Copies refer to the same
// layer.
class Layer {
 public:
  Tensor operator()(const Tensor& input) const;

 private:
  friend struct internal::Access;
  explicit Layer(const internal::Handle& handle) : handle_(handle) {}
  internal::Handle handle_;
};

// The option of layers that have no other.
struct Named {
  std::string name = {};  // if empty, the layer gets Keras's automatic name: "flatten", "flatten_1" and so on
};

}  // namespace brine

#endif  // BRINE_FRONTEND_BRINE_TENSOR_H_
