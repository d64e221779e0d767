// conv_grad_filter: the filter gradient of a convolution, by the way that leaves out most.
#include "codegen/templates/dense_filter.h"
#include "codegen/templates/winners_filter.h"
#include "codegen/templates/winograd_conv.h"
#include "codegen/templates/winograd_filter.h"
#include "ir/op.h"

namespace brine::codegen {

ScheduledKernel BuildConvGradFilter(const KernelRequest& request) {
  Frame frame(request);
  const ir::Node& grad = *frame.Find(ir::kConv2DGradFilter);
  const std::optional<Tensor> dy = frame.PictureGradient(grad.inputs[1]);
  const ir::Shape& shape = frame.graph().type(grad.outputs[0]).shape;
  const Window window = MakeWindow(grad.attributes, shape[0], shape[1]);
  if (dy.has_value() && FitsWinograd(window, grad.attributes, static_cast<int>(shape[2]), static_cast<int>(shape[3]))) {
    frame.AddOutput(WinogradFilter(frame, *frame.Parameter(grad.inputs[0]), window.before, *dy), {grad.outputs[0]});
    frame.AddGradientSum(grad.inputs[1]);
    return frame.Finish("winograd");
  }
  Winners winners;
  const bool live =
      frame.kernel().region == "conv_grad_filter_of_live" && FindLive(frame, grad, grad.inputs[1], &winners);
  std::optional<ScheduledKernel> built;
  if (live || FindWinners(frame, grad, grad.inputs[1], &winners)) built = BuildWinnersFilter(frame, winners);
  if (!built && dy.has_value()) built = BuildDenseFilter(frame, *dy);
  return built ? *built : BuildGeneric(request);
}

}  // namespace brine::codegen
