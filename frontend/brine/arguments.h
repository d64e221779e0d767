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

// How a weight gets its content before the first step.  The names are "zeros", "ones", "constant", "identity",
// "random_uniform", "random_normal", "truncated_normal", "variance_scaling", "orthogonal", and "glorot", "he" or
// "lecun" with "_uniform" or "_normal".  The functions below set arguments.
//
// In what follows, in and out are the numbers of inputs and outputs of a unit: of a matrix [in, out] its extents, of a
// kernel [h, w, in, out] the products h·w·in and h·w·out, and of a vector its length for both.
//
//   variance_scaling  numbers of mean 0 and variance scale / n, where n is in, out or (in + out) / 2
//   glorot_…          the same with scale 1 and n = (in + out) / 2 (Glorot and Bengio 2010)
//   he_…              the same with scale 2 and n = in (He et al. 2015)
//   lecun_…           the same with scale 1 and n = in (LeCun et al. 1998)
struct Initializer {
  std::string name;
  Numbers arguments = {};                    // an argument that is left out has its default
  std::string mode = {}, distribution = {};  // of "variance_scaling"

  Initializer(const char* known_name) : name(known_name) {}
  Initializer(std::string known_name, Numbers given = {}) : name(std::move(known_name)), arguments(std::move(given)) {}
};

inline Initializer Constant(Real value) { return {"constant", {{"value", value}}}; }

// Numbers from [minval, maxval).
struct RandomUniformOptions {
  Real minval = -0.05;
  Real maxval = 0.05;
};
inline Initializer RandomUniform(RandomUniformOptions options = {}) {
  return {"random_uniform", {{"minval", options.minval}, {"maxval", options.maxval}}};
}

// Numbers of a normal distribution.  If it is truncated, those that differ from the mean by more than 2·stddev are
// drawn again, so that their standard deviation is 0.88·stddev.
struct RandomNormalOptions {
  Real mean = 0;
  Real stddev = 0.05;
};
inline Initializer RandomNormal(RandomNormalOptions options = {}) {
  return {"random_normal", {{"mean", options.mean}, {"stddev", options.stddev}}};
}
inline Initializer TruncatedNormal(RandomNormalOptions options = {}) {
  return {"truncated_normal", {{"mean", options.mean}, {"stddev", options.stddev}}};
}

struct VarianceScalingOptions {
  Real scale = 1;
  std::string mode = "fan_in";                    // n is in; "fan_out": out; "fan_avg": (in + out) / 2
  std::string distribution = "truncated_normal";  // or "untruncated_normal" or "uniform"
};
inline Initializer VarianceScaling(VarianceScalingOptions options = {}) {
  Initializer initializer("variance_scaling", {{"scale", options.scale}});
  initializer.mode = options.mode;
  initializer.distribution = options.distribution;
  return initializer;
}

// gain times a matrix with orthonormal columns, or rows if there are fewer of them.  A kernel [h, w, in, out] is the
// matrix [h·w·in, out].  (Saxe et al. 2014)
inline Initializer Orthogonal(Real gain = 1) { return {"orthogonal", {{"gain", gain}}}; }

// gain on the diagonal of a matrix, and 0 elsewhere.  Keras: initializers.Identity.
inline Initializer IdentityInitializer(Real gain = 1) { return {"identity", {{"gain", gain}}}; }

}  // namespace brine

#endif  // BRINE_FRONTEND_BRINE_ARGUMENTS_H_
