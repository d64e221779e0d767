// The networks whose losses make_networks.py computes.
#ifndef BRINE_TESTS_REFERENCE_NETWORKS_H_
#define BRINE_TESTS_REFERENCE_NETWORKS_H_

#include <string>

#include "frontend/brine.h"

namespace brine::reference {

// "resnet20", "mobilenet" or "autoencoder".  The label of an image is a one-hot row, or, for the autoencoder, the image
// itself, scaled to [0, 1].
Model Network(const std::string& name);

}  // namespace brine::reference

#endif  // BRINE_TESTS_REFERENCE_NETWORKS_H_
