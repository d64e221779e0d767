// All that a model is written with: layers, losses and optimizers, with Keras's names, arguments and defaults.
//
//   brine::Model BuildModel() {
//     using namespace brine;
//     Sequential net("mnist", Input({28, 28, 1}));
//     net.Add(Rescaling(1.0f / 255));
//     net.Add(Flatten());
//     net.Add(Dense({.units = 10, .activation = "softmax"}));
//     net.Compile({.optimizer = "adam", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
//     return net;
//   }
//   BRINE_MODEL(BuildModel)
//
// In the functional form, layers are called with tensors.  A layer that is called twice shares its parameters.
//
//   Tensor x = Input({784});
//   Tensor y = x + Relu(Dense({.units = 784})(x));
//   Model net("residual", x, y);
//
// In the comments below, n stands for the number of rows of a batch.  Images are [n, height, width, channels].
//
// Nothing here throws or aborts, whatever the arguments are.  Model::Mistakes(), or the program that BRINE_MODEL makes,
// reports all mistakes of a model at once, each with its source line: `model.cc:9: dense_1: units must be positive, got
// 0`.
#ifndef BRINE_FRONTEND_BRINE_H_
#define BRINE_FRONTEND_BRINE_H_

#include "brine/activations.h"
#include "brine/arguments.h"
#include "brine/augmentation.h"
#include "brine/convolution.h"
#include "brine/layers.h"
#include "brine/losses.h"
#include "brine/merging.h"
#include "brine/metrics.h"
#include "brine/model.h"
#include "brine/noise.h"
#include "brine/normalization.h"
#include "brine/optimizers.h"
#include "brine/regularizers.h"
#include "brine/reshaping.h"
#include "brine/schedules.h"
#include "brine/tensor.h"

#endif  // BRINE_FRONTEND_BRINE_H_
