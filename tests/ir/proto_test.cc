// Tests the protobuf form and files: exact round trips, and one sentence about what cannot be read.
#include "ir/proto/proto.h"

#include <google/protobuf/text_format.h>
#include <sys/stat.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "ir/proto/graph.pb.h"
#include "ir/text/text.h"
#include "tests/ir/test_graphs.h"

namespace brine::ir {
namespace {

constexpr FileFormat kFormats[] = {FileFormat::kText, FileFormat::kBinary, FileFormat::kProtoText};

std::string ErrorOf(absl::string_view bytes, FileFormat format) {
  const auto graphs = ReadGraphs(bytes, format, "file");
  return graphs.ok() ? "read" : std::string(graphs.status().message());
}

TEST(Proto, RoundTripsEveryStage) {
  for (absl::string_view text : StageTexts()) {
    const std::vector<Graph> graphs = {ReadGraph(text)};
    for (FileFormat format : kFormats) {
      const auto bytes = WriteGraphs(graphs, format);
      ASSERT_TRUE(bytes.ok()) << bytes.status().message();
      const auto again = ReadGraphs(*bytes, format, "file");
      ASSERT_TRUE(again.ok()) << again.status().message();
      EXPECT_TRUE(Same(graphs, *again));
      EXPECT_EQ(Print(*again), text);
      EXPECT_EQ(*WriteGraphs(*again, format), *bytes);
    }
  }
}

TEST(Proto, OneFileHoldsSeveralGraphs) {
  const std::string folder = testing::TempDir() + "/brine_proto_test";
  std::filesystem::create_directories(folder);
  const std::vector<Graph> graphs = {ReadGraph(kModelText), ReadGraph(kTrainText), ReadGraph(kPlannedText)};
  for (const char* extension : {".ir", ".pb", ".pbtxt"}) {
    const std::string path = absl::StrCat(folder, "/graphs", extension);
    ASSERT_EQ(SaveGraphs(graphs, path), absl::OkStatus());
    ASSERT_EQ(SaveGraphs(graphs, path), absl::OkStatus());  // replaces the first file
    const auto again = LoadGraphs(path);
    ASSERT_TRUE(again.ok()) << again.status().message();
    EXPECT_TRUE(Same(graphs, *again));
  }
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) names.push_back(entry.path().filename());
  EXPECT_EQ(names.size(), 3u);  // no temporary file is left
  std::filesystem::remove_all(folder);
}

TEST(Proto, FilesThatCannotBeUsedAreRefused) {
  const std::string folder = testing::TempDir() + "/brine_proto_files";
  std::filesystem::create_directories(folder + "/folder.pb");
  const auto load_error = [](const std::string& path) { return std::string(LoadGraphs(path).status().message()); };
  EXPECT_EQ(load_error("model.onnx"), "model.onnx: a graph's file ends with .ir, .pb or .pbtxt");
  EXPECT_EQ(load_error(folder + "/none.pb"), folder + "/none.pb: cannot read: No such file or directory");
  EXPECT_EQ(load_error(folder + "/folder.pb"), folder + "/folder.pb: cannot read: Is a directory");
  std::ofstream(folder + "/huge.pb");
  std::filesystem::resize_file(folder + "/huge.pb", (int64_t{64} << 20) + 1);
  EXPECT_EQ(load_error(folder + "/huge.pb"), folder + "/huge.pb: is larger than 67108864 bytes");
  const std::vector<Graph> graphs = {ReadGraph(kTrainText)};
  EXPECT_EQ(SaveGraphs(graphs, "model.txt").message(), "model.txt: a graph's file ends with .ir, .pb or .pbtxt");
  EXPECT_EQ(SaveGraphs(graphs, folder + "/none/a.pb").message(),
            folder + "/none/a.pb: cannot write: No such file or directory");
  EXPECT_EQ(SaveGraphs(graphs, folder + "/folder.pb").message(), folder + "/folder.pb: cannot write: Is a directory");
  Graph broken = graphs[0];
  broken.outputs[0].value = ValueId{-7};
  EXPECT_TRUE(absl::StartsWith(SaveGraphs({broken}, folder + "/a.ir").message(),
                               folder + "/a.ir: output loss: there is no value -7\n"));
  EXPECT_FALSE(std::filesystem::exists(folder + "/a.ir"));
  std::filesystem::remove_all(folder);
}

// A mistake in the protobuf form: an edit of a correct message, and the sentence about it.
struct Row {
  std::function<void(proto::Module&)> edit;
  absl::string_view error;
};

TEST(Proto, EachMistakeIsReported) {
  const Row rows[] = {
      {[](proto::Module& m) { m.set_version(7); },
       "file: written by a newer Brine (version 7, this one reads up to 3)"},
      {[](proto::Module& m) { m.set_version(0); }, "file: holds no Brine graph"},
      {[](proto::Module& m) { m.clear_graphs(); }, "file: holds no Brine graph"},
      {[](proto::Module& m) {
         for (int i = 0; i < 64; ++i) m.add_graphs();
       },
       "file: more than 64 graphs"},
      {[](proto::Module& m) { m.mutable_graphs(0)->set_stage(static_cast<proto::Graph::Stage>(9)); },
       "file: graph tiny: unknown stage 9"},
      {[](proto::Module& m) { m.mutable_graphs(0)->set_function(static_cast<proto::Graph::Function>(-1)); },
       "file: graph tiny: unknown function -1"},
      {[](proto::Module& m) {
         m.mutable_graphs(0)->mutable_inputs(0)->set_source(static_cast<proto::Input::Source>(99));
       },
       "file: graph tiny: unknown source 99"},
      {[](proto::Module& m) {
         m.mutable_graphs(0)->mutable_states(0)->set_initializer(proto::State::DATA_MEAN);
         m.mutable_graphs(0)->mutable_states(0)->set_initializer_data("y");
       },
       "file: graph tiny: %y is not defined before it is read"},
      {[](proto::Module& m) { m.mutable_graphs(0)->mutable_states(0)->set_role(static_cast<proto::State::Role>(5)); },
       "file: graph tiny: unknown role 5"},
      {[](proto::Module& m) {
         m.mutable_graphs(0)->mutable_states(0)->set_initializer(static_cast<proto::State::Initializer>(9));
       },
       "file: graph tiny: unknown initializer 9"},
      {[](proto::Module& m) { m.mutable_graphs(0)->mutable_inputs(0)->mutable_value()->clear_type(); },
       "file: graph tiny: unknown element type 0"},
      {[](proto::Module& m) {
         m.mutable_graphs(0)->mutable_inputs(0)->mutable_value()->mutable_type()->set_element(
             static_cast<proto::Type::Element>(6));
       },
       "file: graph tiny: unknown element type 6"},
      {[](proto::Module& m) {
         for (int i = 0; i < 7; ++i)
           m.mutable_graphs(0)->mutable_inputs(0)->mutable_value()->mutable_type()->add_dims(1);
       },
       "file: graph tiny: rank 9 exceeds 8"},
      {[](proto::Module& m) {
         m.mutable_graphs(0)->mutable_inputs(0)->mutable_value()->mutable_placement()->set_block(
             static_cast<proto::Placement::Block>(8));
       },
       "file: graph tiny: unknown block 8"},
      {[](proto::Module& m) {
         m.mutable_graphs(0)->mutable_inputs(0)->mutable_value()->set_name(std::string("a\0b", 3));
       },
       "file: graph tiny: \"a\\000b\" is not a value's name"},
      {[](proto::Module& m) { m.mutable_graphs(0)->mutable_inputs(1)->mutable_value()->set_name("x"); },
       "file: graph tiny: %x is defined twice"},
      {[](proto::Module& m) { m.mutable_graphs(0)->mutable_nodes(0)->set_op("matmull"); },
       "file: graph tiny: node 1: unknown op matmull; did you mean matmul?"},
      {[](proto::Module& m) { m.mutable_graphs(0)->mutable_nodes(0)->set_inputs(0, "logp"); },
       "file: graph tiny: node 1: %logp is not defined before it is read"},
      {[](proto::Module& m) { m.mutable_graphs(0)->mutable_nodes(1)->mutable_outputs(0)->set_name("logits"); },
       "file: graph tiny: node 2: %logits is defined twice"},
      {[](proto::Module& m) { m.mutable_graphs(0)->mutable_nodes(3)->clear_attributes(); },
       "file: graph tiny: node 4: reduce_sum needs the attribute axes"},
      {[](proto::Module& m) { m.mutable_graphs(0)->mutable_nodes(3)->mutable_attributes(0)->set_real(1); },
       "file: graph tiny: node 4: reduce_sum's attribute axes has the wrong kind"},
      {[](proto::Module& m) { m.mutable_graphs(0)->mutable_nodes(3)->mutable_attributes(0)->clear_value(); },
       "file: graph tiny: node 4: attribute axes has no value"},
      {[](proto::Module& m) { m.mutable_graphs(0)->mutable_nodes(3)->mutable_attributes(0)->set_name("keep_dims"); },
       "file: graph tiny: node 4: attribute keep_dims is given twice"},
      {[](proto::Module& m) { m.mutable_graphs(0)->mutable_nodes(3)->mutable_attributes(0)->set_name("a b"); },
       "file: graph tiny: node 4: attribute name a b is not one word"},
      {[](proto::Module& m) { m.mutable_graphs(0)->mutable_nodes(3)->set_region("generic"); },
       "file: graph tiny: node 4: only a kernel has a region, sparse inputs, scratch and a body"},
      {[](proto::Module& m) { m.mutable_graphs(0)->mutable_updates(0)->set_value("w2"); },
       "file: graph tiny: updates: %w2 is not defined before it is read"},
      {[](proto::Module& m) { m.mutable_graphs(0)->add_penalties("p2"); },
       "file: graph tiny: penalties: %p2 is not defined before it is read"},
      {[](proto::Module& m) { m.mutable_graphs(0)->mutable_outputs(0)->clear_value(); },
       "file: graph tiny: outputs: % is not defined before it is read"},
      {[](proto::Module& m) {
         m.mutable_graphs(0)->mutable_nodes(0)->mutable_outputs(0)->mutable_type()->set_dims(1, 6);
       },
       "file: model.cc:9: dense: %logits is declared f32[n,6], but matmul makes f32[n,5]\n"
       "    %logits = matmul(%x, %w) : f32[n,6] loc(\"model.cc\":9 \"dense\")\n"
       "                               ^^^^^^^^\n"
       "%logp: %logp is declared f32[n,5], but log_softmax makes f32[n,6]\n"
       "    %logp = log_softmax(%logits) : f32[n,5]\n"
       "                                   ^^^^^^^^"},
  };
  for (const Row& row : rows) {
    proto::Module module;
    ToProto({ReadGraph(kTrainText)}, module);
    row.edit(module);
    std::string bytes, text;
    module.SerializeToString(&bytes);
    EXPECT_EQ(ErrorOf(bytes, FileFormat::kBinary), std::string(row.error));
    google::protobuf::TextFormat::PrintToString(module, &text);
    EXPECT_EQ(ErrorOf(text, FileFormat::kProtoText), std::string(row.error));
  }
}

TEST(Proto, EachMistakeInAKernelIsReported) {
  const Row rows[] = {
      {[](proto::Module& m) { *m.mutable_graphs(0)->mutable_nodes(1)->add_body() = m.graphs(0).nodes(3); },
       "file: graph tiny: node 2: a kernel cannot hold another kernel"},
      {[](proto::Module& m) { m.mutable_graphs(0)->mutable_nodes(1)->mutable_outputs(0)->set_name("x"); },
       "file: graph tiny: node 2: %x is not defined in the kernel's body"},
      {[](proto::Module& m) { m.mutable_graphs(0)->mutable_nodes(1)->mutable_outputs(0)->mutable_type()->add_dims(1); },
       "file: graph tiny: node 2: %pool is f32[n,2,2,4,1] outside, but f32[n,2,2,4] in the body"},
      {[](proto::Module& m) { m.mutable_graphs(0)->mutable_nodes(1)->add_attributes()->set_name("a"); },
       "file: graph tiny: node 2: attribute a has no value"},
      {[](proto::Module& m) {
         proto::Attribute& a = *m.mutable_graphs(0)->mutable_nodes(1)->add_attributes();
         a.set_name("a");
         a.set_boolean(true);
       },
       "file: graph tiny: node 2: a kernel has no attributes"},
  };
  for (const Row& row : rows) {
    proto::Module module;
    ToProto({ReadGraph(kFusedText)}, module);
    row.edit(module);
    EXPECT_EQ(ErrorOf(module.SerializeAsString(), FileFormat::kBinary), std::string(row.error));
  }
}

TEST(Proto, BrokenBinariesAreRefused) {
  const std::string good = *WriteGraphs({ReadGraph(kTrainText)}, FileFormat::kBinary);
  const std::string broken = "file: is not a Brine graph in protobuf, is cut off, or nests more than 100 deep";
  EXPECT_EQ(ErrorOf("", FileFormat::kBinary), "file: holds no Brine graph");
  EXPECT_EQ(ErrorOf("\x08", FileFormat::kBinary), broken);
  EXPECT_EQ(ErrorOf(std::string("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12), FileFormat::kBinary),
            broken);                                                            // a varint of 11 bytes
  EXPECT_EQ(ErrorOf("\x12\xff\xff\xff\xff\x07", FileFormat::kBinary), broken);  // a length of 2³¹ − 1
  EXPECT_EQ(ErrorOf(good + '\0', FileFormat::kBinary), broken);
  EXPECT_EQ(ErrorOf(good + "\x0c", FileFormat::kBinary), broken);  // the end of a group
  EXPECT_EQ(ErrorOf(good + "\x18\x01", FileFormat::kBinary), "file: unknown field 3 in Module");
  for (size_t size = 0; size < good.size(); ++size)
    EXPECT_NE(ErrorOf(good.substr(0, size), FileFormat::kBinary), "read") << size;

  proto::Module module;
  ToProto({ReadGraph(kTrainText)}, module);
  module.GetReflection()->MutableUnknownFields(&module)->Clear();
  proto::Type& type = *module.mutable_graphs(0)->mutable_nodes(0)->mutable_outputs(0)->mutable_type();
  type.GetReflection()->MutableUnknownFields(&type)->AddVarint(15, 1);
  EXPECT_EQ(ErrorOf(module.SerializeAsString(), FileFormat::kBinary), "file: unknown field 15 in Type");

  std::string utf8 = good;
  utf8[utf8.find("tiny")] = '\xff';
  testing::internal::CaptureStderr();
  EXPECT_EQ(ErrorOf(utf8, FileFormat::kBinary), broken);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");

  std::string deep;  // messages nested in field 8 of Node, the body
  for (int level = 0; level < 10000 && deep.size() < (1u << 20); ++level) {
    std::string length;
    for (size_t left = deep.size();; left >>= 7) {
      length.push_back(static_cast<char>((left & 127) | (left > 127 ? 128 : 0)));
      if (left <= 127) break;
    }
    deep = "\x42" + length + deep;
  }
  const auto wrap = [](char tag, const std::string& bytes) {
    std::string length;
    for (size_t left = bytes.size();; left >>= 7) {
      length.push_back(static_cast<char>((left & 127) | (left > 127 ? 128 : 0)));
      if (left <= 127) break;
    }
    return std::string(1, tag) + length + bytes;
  };
  EXPECT_EQ(ErrorOf("\x08\x01" + wrap('\x12', wrap('\x4a', deep)), FileFormat::kBinary), broken);
}

TEST(Proto, BrokenTextsAreRefused) {
  const std::string good = *WriteGraphs({ReadGraph(kTrainText)}, FileFormat::kProtoText);
  EXPECT_EQ(ErrorOf("version: 1\ngraph { }\n", FileFormat::kProtoText),
            "file:2:7: message type \"brine.ir.proto.Module\" has no field named \"graph\"");
  EXPECT_EQ(ErrorOf("version: 1\ngraphs { stage: TRAINED }\n", FileFormat::kProtoText),
            "file:2:25: unknown enumeration value of \"TRAINED\" for field \"stage\"");
  EXPECT_EQ(ErrorOf("version: 1 version: 1\n", FileFormat::kProtoText),
            "file:1:19: non-repeated field \"version\" is specified multiple times");
  EXPECT_EQ(ErrorOf("version: -1\n", FileFormat::kProtoText), "file:1:10: expected integer, got: -");
  EXPECT_EQ(ErrorOf("version: 7\ngraphs { colour: \"blue\" }\n", FileFormat::kProtoText),
            "file: written by a newer Brine (version 7, this one reads up to 3)");
  EXPECT_EQ(ErrorOf(good + "}", FileFormat::kProtoText).substr(0, 5), "file:");
  EXPECT_EQ(ErrorOf(good + std::string(1, '\0'), FileFormat::kProtoText).substr(0, 5), "file:");
  EXPECT_EQ(ErrorOf(std::string((16 << 20) + 1, ' '), FileFormat::kProtoText), "file: is larger than 16777216 bytes");
  for (const char* open : {"nodes { body { ", "colour { ", "colour: [", "graphs < "}) {
    std::string deep = "version: 1 graphs { ";
    for (int level = 0; level < 10000; ++level) deep += open;
    EXPECT_EQ(ErrorOf(deep, FileFormat::kProtoText).substr(0, 5), "file:") << open;
  }
  std::string bodies = "version: 1 graphs { nodes { ";
  for (int level = 0; level < 10000; ++level) bodies += "body { ";
  EXPECT_TRUE(absl::StrContains(ErrorOf(bodies, FileFormat::kProtoText), "too deep"))
      << ErrorOf(bodies, FileFormat::kProtoText);
}

}  // namespace
}  // namespace brine::ir
