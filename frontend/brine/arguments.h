// The types of arguments: numbers, sizes, ranges, initializers, names.
#ifndef BRINE_FRONTEND_BRINE_ARGUMENTS_H_
#define BRINE_FRONTEND_BRINE_ARGUMENTS_H_

#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace brine {

// A real number.  A float stands for the shortest decimal number that rounds to it: 1e-3f is 0.001.
class Real {
 public:
  Real(float number);
  constexpr Real(double number) : value_(number) {}
  constexpr Real(int number) : value_(number) {}
  constexpr double value() const { return value_; }

 private:
  double value_;
};

// {height, width}, or one number for both.
struct Size2D {
  std::int64_t height = 0;
  std::int64_t width = 0;
  bool given = false;  // whether the user gave a value

  constexpr Size2D() = default;
  constexpr Size2D(std::int64_t both) : height(both), width(both), given(true) {}
  constexpr Size2D(std::int64_t h, std::int64_t w) : height(h), width(w), given(true) {}
};

// The interval {lower, upper}; one number stands for {-number, number}.
struct Range {
  double lower = 0;
  double upper = 0;
  bool given = false;  // whether the user gave a value

  constexpr Range() = default;
  Range(float both) : Range(Real(both)) {}
  constexpr Range(double both) : Range(Real(both)) {}
  constexpr Range(int both) : Range(Real(both)) {}
  constexpr Range(Real both) : Range(-both.value(), both.value()) {}
  constexpr Range(Real from, Real to) : lower(from.value()), upper(to.value()), given(true) {}
};

// "glorot_uniform", "he_normal", "zeros", "ones", or Constant(value).
struct Initializer {
  std::string name;
  double value = 0;  // the number, if the name is "constant"

  Initializer(const char* known_name) : name(known_name) {}
  Initializer(std::string known_name) : name(std::move(known_name)) {}
  Initializer(std::string known_name, double constant) : name(std::move(known_name)), value(constant) {}
};
inline Initializer Constant(Real value) { return {"constant", value.value()}; }

// A value, or none.
template <typename T>
struct Optional {
  T value = {};
  bool given = false;  // whether the user gave a value

  constexpr Optional() = default;
  constexpr Optional(T one) : value(one), given(true) {}
};

using Shape = std::vector<std::int64_t>;  // of one row, that is without n

// An argument with Keras's name for it.  A bool is given as 0 or 1.
struct NamedNumber {
  std::string name;
  Real value;
};
using Numbers = std::vector<NamedNumber>;

}  // namespace brine

#endif  // BRINE_FRONTEND_BRINE_ARGUMENTS_H_
