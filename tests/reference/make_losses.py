#!/usr/bin/env python3
"""Writes losses.txt and metrics.txt, the numbers of Keras in double precision with which tests/passes compares.

  KERAS_BACKEND=tensorflow tests/reference/make_losses.py FOLDER
"""
import os
import sys

os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
import numpy as np
import tensorflow as tf

keras.config.set_floatx("float64")
random = np.random.default_rng(16)


def text(values):
    return " ".join(repr(float(value)) for value in np.asarray(values).reshape(-1))


def one_hot(classes, numbers):
    return np.eye(classes)[np.asarray(numbers)]


def draw(*shape, least=-2.0, most=2.0):
    return random.uniform(least, most, shape).round(3)


def write_loss(out, row, loss, activation, shape, x, label, weight):
    """A case: the output is activation(x + w), where w is zero and has the shape of a row."""
    w = tf.Variable(np.zeros(shape[1:]))
    with tf.GradientTape() as tape:
        y = activation(tf.constant(x) + w)
        of_rows = weight.reshape([shape[0]] + [1] * (len(shape) - 2))
        value = loss(tf.constant(label), y, sample_weight=tf.constant(of_rows))
    gradient = tape.gradient(value, w)
    out.write(f"case {row}\n")
    out.write(f"activation {activation.__name__}\n")
    out.write("shape " + " ".join(map(str, shape)) + "\n")
    out.write(f"x {text(x)}\nlabel {text(label)}\nweight {text(weight)}\n")
    out.write(f"loss {text(value)}\ngradient {text(gradient)}\n")


def linear(x):
    return x


def softmax(x):
    return tf.nn.softmax(x)


def sigmoid(x):
    return tf.nn.sigmoid(x)


def write_losses(out):
    out.write(f"# Losses by Keras {keras.__version__} in double, made by make_losses.py.\n")
    losses = keras.losses
    n, k = 3, 4
    flat, weight = (n, k), np.array([0.5, 2.0, 1.25])
    hot, numbers = one_hot(k, [2, 0, 3]), np.array([2, 0, 3])
    bits = np.array([[0, 1, 1, 0], [1, 0, 0, 0], [1, 1, 1, 0]], dtype=float)

    def case(row, loss, activation=linear, x=None, label=None, shape=flat):
        x = draw(*shape) if x is None else x
        write_loss(out, row, loss, activation, shape, x, label, weight[: shape[0]])

    name = "categorical_crossentropy"
    case(f"{name} from_logits=false", losses.CategoricalCrossentropy(), softmax, label=hot)
    case(f"{name} from_logits=true label_smoothing=0.25",
         losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.25), label=hot)
    picture = (2, 2, 3, 3)
    case(f"{name} from_logits=true", losses.CategoricalCrossentropy(from_logits=True), shape=picture,
         label=one_hot(3, random.integers(0, 3, (2, 2, 3))))
    name = "sparse_categorical_crossentropy"
    case(f"{name} from_logits=false", losses.SparseCategoricalCrossentropy(), softmax, label=numbers)
    classes = np.array([[[0, 1, 9], [2, 9, 1]], [[9, 0, 0], [2, 2, 9]]])
    case(f"{name} from_logits=true ignore_class=9",
         losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=9), shape=picture, label=classes)
    case(f"{name} from_logits=true ignore_class=1",
         losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=1), label=np.array([2, 1, 3]))
    case(f"{name} from_logits=true ignore_class=1",
         losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=1), label=np.array([1, 1, 1]))
    name = "binary_crossentropy"
    case(f"{name} from_logits=false", losses.BinaryCrossentropy(), sigmoid, label=bits)
    case(f"{name} from_logits=true label_smoothing=0.25",
         losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.25), label=bits)
    case(f"{name} from_logits=true", losses.BinaryCrossentropy(from_logits=True), shape=picture,
         label=random.integers(0, 2, picture).astype(float))
    # A logit of 0, where max(z, 0) and |z| have kinks that the loss does not have.
    case(f"{name} from_logits=true", losses.BinaryCrossentropy(from_logits=True), x=np.zeros(flat), label=bits)
    case("mean_squared_error", losses.MeanSquaredError(), label=draw(*flat))
    case("mean_squared_error", losses.MeanSquaredError(), label=draw(*picture), shape=picture)
    case("mean_absolute_error", losses.MeanAbsoluteError(), label=draw(*flat))
    case("mean_absolute_percentage_error", losses.MeanAbsolutePercentageError(), label=draw(*flat))
    case("mean_squared_logarithmic_error", losses.MeanSquaredLogarithmicError(), label=draw(*flat, least=-0.5))
    case("huber delta=1.0", losses.Huber(), label=draw(*flat))
    case("huber delta=0.3", losses.Huber(delta=0.3), label=draw(*flat))
    case("log_cosh", losses.LogCosh(), label=draw(*flat))
    shares = draw(*flat, least=0.1, most=1.0)
    case("kl_divergence", losses.KLDivergence(), softmax, label=shares / shares.sum(-1, keepdims=True))
    case("kl_divergence", losses.KLDivergence(), softmax, label=hot)
    case("hinge", losses.Hinge(), label=bits)
    case("hinge", losses.Hinge(), label=2 * bits - 1)
    case("squared_hinge", losses.SquaredHinge(), label=2 * bits - 1)
    case("categorical_hinge", losses.CategoricalHinge(), label=hot)
    case("cosine_similarity", losses.CosineSimilarity(), label=draw(*flat))
    case("poisson", losses.Poisson(), x=draw(*flat, least=0.1), label=draw(*flat, least=0.0).round())


def write_metric(out, row, metric, loss, y, label, batches):
    begin = 0
    # TensorFlow's in_top_k takes float32 only; the order of the numbers is the same.
    given = y.astype(np.float32) if "top_k" in row else y
    for rows in batches:
        metric.update_state(label[begin:begin + rows], given[begin:begin + rows])
        begin += rows
    out.write(f"case {row}\nloss {loss}\nshape " + " ".join(map(str, y.shape)) + "\n")
    out.write("batches " + " ".join(map(str, batches)) + "\n")
    out.write(f"y {text(y)}\nlabel {text(label)}\nresult {text(metric.result())}\n")


def write_metrics(out):
    out.write(f"# Metrics by Keras {keras.__version__} in double, made by make_losses.py.\n")
    metrics = keras.metrics
    n, k, batches = 11, 4, [4, 4, 3]
    sparse, dense, binary, numbers = ("sparse_categorical_crossentropy", "categorical_crossentropy",
                                      "binary_crossentropy", "mean_squared_error")
    scores = draw(n, k)
    scores[2, 1] = scores[2, 3]  # a tie
    shares = np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)
    classes = random.integers(0, k, n)
    classes[2] = 3
    column, bits = draw(n, 1, least=0.0, most=1.0), random.integers(0, 2, (n, 1)).astype(float)
    # The labels of the first batch are all 0, those of the last all 1, so that means of batches are wrong.
    bits[:4], bits[8:] = 0, 1
    labels, y = draw(n, 3), draw(n, 3)
    picture = draw(3, 2, 2, 3)
    pixels = random.integers(0, 3, (3, 2, 2))

    def case(row, metric, loss, outputs, truth, sizes=tuple(batches)):
        write_metric(out, row, metric, loss, outputs, truth, list(sizes))

    case("accuracy", metrics.SparseCategoricalAccuracy(), sparse, scores, classes)
    case("accuracy", metrics.CategoricalAccuracy(), dense, scores, one_hot(k, classes))
    case("accuracy", metrics.BinaryAccuracy(), binary, column, bits)
    case("accuracy", metrics.SparseCategoricalAccuracy(), sparse, picture, pixels, (2, 1))
    case("binary_accuracy threshold=0.3", metrics.BinaryAccuracy(threshold=0.3), binary, column, bits)
    case("Accuracy", metrics.Accuracy(), numbers, labels.round(), (labels + 0.2).round())
    case("categorical_accuracy", metrics.CategoricalAccuracy(), dense, scores, one_hot(k, classes))
    case("sparse_categorical_accuracy", metrics.SparseCategoricalAccuracy(), sparse, scores, classes)
    for top in (1, 2, 3):
        case(f"top_k_categorical_accuracy k={top}", metrics.TopKCategoricalAccuracy(k=top), dense, scores,
             one_hot(k, classes))
        case(f"sparse_top_k_categorical_accuracy k={top}", metrics.SparseTopKCategoricalAccuracy(k=top), sparse,
             scores, classes)
    case("precision thresholds=0.5", metrics.Precision(), binary, column, bits)
    case("precision thresholds=0.3", metrics.Precision(thresholds=0.3), dense, shares, one_hot(k, classes))
    case("precision thresholds=0.3", metrics.Precision(thresholds=0.3), binary, column, bits)
    case("precision thresholds=0.999", metrics.Precision(thresholds=0.999), binary, column, bits)
    case("recall thresholds=0.3 class_id=2", metrics.Recall(thresholds=0.3, class_id=2), dense, shares,
         one_hot(k, classes))
    case("precision thresholds=0.3 class_id=3", metrics.Precision(thresholds=0.3, class_id=3), dense, shares,
         one_hot(k, classes))
    even = shares.round(1)  # with ties
    for top in (1, 2, 3):
        case(f"precision thresholds=-1e10 top_k={top}", metrics.Precision(top_k=top), dense, shares,
             one_hot(k, classes))
        case(f"recall thresholds=-1e10 top_k={top}", metrics.Recall(top_k=top), dense, even, one_hot(k, classes))
    case("precision thresholds=-1e10 top_k=2", metrics.Precision(top_k=2), dense, even, one_hot(k, classes))
    case("precision thresholds=0.3 top_k=2", metrics.Precision(thresholds=0.3, top_k=2), dense, shares,
         one_hot(k, classes))
    case("precision thresholds=-1e10 top_k=2 class_id=1", metrics.Precision(top_k=2, class_id=1), dense, shares,
         one_hot(k, classes))
    case("recall thresholds=0.5", metrics.Recall(), binary, column, bits)
    case("recall thresholds=0.5", metrics.Recall(), binary, column, 0 * bits)
    for thresholds in (5, 200):
        for row, curve in (("auc", "ROC"), ("auc_PR", "PR")):
            arguments = f"num_thresholds={thresholds} from_logits=false"
            case(f"{row} {arguments}", metrics.AUC(num_thresholds=thresholds, curve=curve), binary, column, bits)
            case(f"{row} {arguments}", metrics.AUC(num_thresholds=thresholds, curve=curve), dense, shares,
                 one_hot(k, classes))
    case("auc num_thresholds=200 from_logits=true", metrics.AUC(from_logits=True), binary, 4 * column - 2, bits)
    case("auc num_thresholds=200 from_logits=false", metrics.AUC(), binary, column, 0 * bits)
    case("root_mean_squared_error", metrics.RootMeanSquaredError(), numbers, y, labels)
    case("r2_score", metrics.R2Score(), numbers, y, labels)
    level = np.where(np.arange(labels.shape[1]) == 1, 0.5, labels)  # a column of equal labels
    case("r2_score", metrics.R2Score(), numbers, y, level)
    case("mean_squared_error", metrics.MeanSquaredError(), numbers, y, labels)
    case("mean_absolute_error", metrics.MeanAbsoluteError(), numbers, y, labels)
    case("cosine_similarity", metrics.CosineSimilarity(), numbers, y, labels)
    case("log_cosh", metrics.LogCoshError(), numbers, y, labels)
    case("poisson", metrics.Poisson(), numbers, y + 3, labels + 3)
    case("hinge", metrics.Hinge(), numbers, y, np.sign(labels))
    case("categorical_crossentropy from_logits=true", metrics.CategoricalCrossentropy(from_logits=True), dense, scores,
         one_hot(k, classes))


with open(os.path.join(sys.argv[1], "losses.txt"), "w") as file:
    write_losses(file)
with open(os.path.join(sys.argv[1], "metrics.txt"), "w") as file:
    write_metrics(file)
