// conv_grad_input: the data gradient of a convolution, by the way that leaves out most.
#include "codegen/templates/live_conv.h"
#include "codegen/templates/strided_input.h"
#include "codegen/templates/winners_input.h"
#include "codegen/templates/winograd_conv.h"
#include "ir/op.h"

namespace brine::codegen {
namespace {

using Halide::Expr;
using ir::Node;

// With stride 1 the gradient is the convolution of dy with the kernel turned around, dx[n, i, j, c] = Σ over a, b, f of
// dy[n, i + a − (2 − pad), j + b − …, f] · w[2 − a, 2 − b, c, f].
bool FitsTurnedWinograd(const Window& window, const Node& grad, const ir::Shape& kernel, const ir::Shape& shape,
                        const Machine& machine) {
  return window.before[0] <= 2 && window.before[1] <= 2 &&
         FitsWinogradConv(window, grad.attributes, static_cast<int>(shape[1]), static_cast<int>(shape[2]),
                          static_cast<int>(kernel[3]), static_cast<int>(kernel[2]), machine);
}

constexpr int64_t kNearBytes = 32 << 10;  // a first-level cache

// Of a stored gradient with zeros: walks of its lists read all taps of a vector of channels; where these do not stay
// near, one tap after another goes over the picture.
bool FitsTurnedLive(const Window& window, const Node& grad, const ir::Type& dy, const ir::Shape& kernel,
                    const ir::Shape& shape, const Machine& machine) {
  const int64_t taps_bytes = kernel[0] * kernel[1] * kernel[3] * machine.lanes * 4;
  return taps_bytes > kNearBytes && window.dilation[0] == 1 && window.dilation[1] == 1 &&
         FitsLiveConv(grad.attributes, dy, shape, machine);
}

// Of a gradient that is stored, or made of a picture that is.
ScheduledKernel BuildOfEveryPixel(const KernelRequest& request, Frame& frame, const Node& grad) {
  const std::optional<Tensor> dy = frame.PictureGradient(grad.inputs[0]);
  const Tensor& w = *frame.Parameter(grad.inputs[1]);
  if (!dy.has_value() || frame.kernel().outputs.size() != 1) return BuildGeneric(request);
  const Window window = MakeWindow(grad.attributes, w.type.shape[0], w.type.shape[1]);
  const ir::Type& type = frame.graph().type(grad.outputs[0]);
  const Node* const relu = frame.Find(ir::kReluGrad);
  const auto masked = [&](const Picture& at, const Expr& sum) {
    if (relu == nullptr) return sum;
    return Expr(frame.Lower(*relu, {{type, MakeFunc("sum", Axes(4), {sum}), -1}, *frame.Parameter(relu->inputs[1])})
                    .func(at.c, at.x, at.y, at.n));
  };
  if (FitsTurnedWinograd(window, grad, w.type.shape, type.shape, frame.machine())) {
    const int before[2] = {2 - window.before[0], 2 - window.before[1]};
    const auto weight = [&](int a, int b, const Expr& f, const Expr& c) { return w({2 - a, 2 - b, c, f}); };
    const auto results = [&](const Picture& at, const WindowSum& sum) -> std::vector<Expr> {
      return {masked(at, sum(0, 0))};
    };
    frame.AddOutput(WinogradConv(frame, *dy, before, weight, static_cast<int>(w.type.shape[3]), type.shape, 1, results),
                    frame.kernel().outputs);
    return frame.Finish("winograd");
  }
  if (frame.kernel().region == "conv_grad_input_of_live" &&
      FitsTurnedLive(window, grad, dy->type, w.type.shape, type.shape, frame.machine())) {
    const auto weight = [&](const Expr& a, const Expr& b, const Expr& f, const Expr& c) { return w({a, b, c, f}); };
    frame.AddOutput(LiveConv({*dy, window, type.shape, true, weight, masked}, frame.machine()), frame.kernel().outputs);
    return frame.Finish("lists");
  }
  if (!FitsStridedInput(window, grad.attributes, static_cast<int>(w.type.shape[2]), frame.machine()))
    return BuildGeneric(request);
  frame.AddOutput(StridedInput(frame, *dy, w, window, type.shape, masked), frame.kernel().outputs);
  return frame.Finish("direct");
}

}  // namespace

ScheduledKernel BuildConvGradInput(const KernelRequest& request) {
  Frame frame(request);
  Winners winners;
  const Node& grad = *frame.Find(ir::kConv2DGradInput);
  std::optional<ScheduledKernel> built;
  if (FindWinners(frame, grad, grad.inputs[0], &winners)) {
    built = BuildWinnersInput(frame, winners);
    return built ? *built : BuildGeneric(request);
  }
  if (frame.kernel().region == "conv_grad_input_of_live" && FindLive(frame, grad, grad.inputs[0], &winners)) {
    const ir::Shape& kernel = frame.Parameter(grad.inputs[1])->type.shape;
    const ir::Shape& shape = frame.graph().type(grad.outputs[0]).shape;
    const Window window = MakeWindow(grad.attributes, kernel[0], kernel[1]);
    const bool otherwise = FitsTurnedWinograd(window, grad, kernel, shape, frame.machine()) ||
                           FitsTurnedLive(window, grad, winners.d.type, kernel, shape, frame.machine());
    if (!otherwise) built = BuildWinnersInput(frame, winners);
  }
  return built ? *built : BuildOfEveryPixel(request, frame, grad);
}

}  // namespace brine::codegen
