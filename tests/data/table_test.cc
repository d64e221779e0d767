// Tests the reader of tables.
#include <gmock/gmock.h>

#include <clocale>

#include "frontend/data/source.h"
#include "frontend/data/table_rows.h"
#include "tests/data/samples.h"
#include "tests/data/scratch.h"

namespace brine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kPets[] =
    "weight,kind,age,home\n"
    "3.5,cat,2,yes\n"
    "10,dog,7,no\n"
    "0.5,bird,1,yes\n"
    "4,cat,3,no\n";

class Table : public ::testing::Test {
 protected:
  Source Open(const std::string& text, DataOptions options = {}, const std::string& name = "t.csv") const {
    scratch_.Write(name, text);
    return OpenSource(scratch_.path(name), options);
  }
  // Of all rows, which stay training data.
  Source OpenWhole(const std::string& text, DataOptions options = {}, const std::string& name = "t.csv") const {
    options.test_split = 0;
    return Open(text, options, name);
  }
  std::string Refusal(const std::string& text, const DataOptions& options = {}) const {
    return ErrorOf(scratch_, [&] { Open(text, options); });
  }
  Scratch scratch_;
};

TEST_F(Table, NumbersAreElementsAndTextsAreOneOfMany) {
  const Source source = OpenWhole(kPets);
  EXPECT_EQ(source.kind, "a table (.csv or .tsv)");
  EXPECT_EQ(source.remark, "2 columns of numbers, 1 of texts: kind (3 values)");
  EXPECT_THAT(source.splits.train.element_names, ElementsAre("weight", "kind=bird", "kind=cat", "kind=dog", "age"));
  EXPECT_THAT(source.splits.train.class_names, ElementsAre("no", "yes"));
  EXPECT_THAT(source.train_classes, ElementsAre(1, 0, 1, 0));
  EXPECT_THAT(ReadSample(source.splits.train, 0, 0), ElementsAre(3.5, 0, 1, 0, 2));
  EXPECT_THAT(ReadSample(source.splits.train, 1, 0), ElementsAre(10, 0, 0, 1, 7));
  EXPECT_THAT(ReadSample(source.splits.train, 2, 0), ElementsAre(0.5, 1, 0, 0, 1));
  EXPECT_THAT(ReadAll(source.splits.train, 1), ElementsAre(1, 0, 1, 0));
}

// The names of columns, with which weights are compared, are those of each part in memory, too.
TEST_F(Table, LoadedDataHaveTheNamesOfColumns) {
  const Splits data = LoadCsv(scratch_.Write("t.csv", kPets), {.test_split = 0.5});
  for (const Dataset* part : {&data.train, &data.test}) {
    EXPECT_GT(part->size(), 0);
    EXPECT_THAT(part->element_names, ::testing::Contains("weight"));
  }
}

// What is said about columns stays short, however many there are.
TEST_F(Table, ColumnsOfTextsAreNamed) {
  EXPECT_EQ(OpenWhole("a,b,y\n1,2,0\n3,4,1\n").remark, "");
  EXPECT_EQ(OpenWhole("a,b,y\n1,x,0\nNone,x,1\n").remark,
            "0 columns of numbers, 2 of texts: a (2 values), b (1 value)");
  EXPECT_EQ(OpenWhole("n,a,b,c,d,e,f,g,y\n1,x,x,x,x,x,x,x,0\n1,x,x,x,x,x,x,y,1\n").remark,
            "1 column of numbers, 7 of texts: a (1 value), b (1 value), c (1 value), d (1 value), e (1 value) and 2 "
            "more");
}

TEST_F(Table, AnyColumnMayBeTheTarget) {
  const Source whole = OpenWhole(kPets, {.target = "age"});
  EXPECT_THAT(whole.splits.train.element_names,
              ElementsAre("weight", "kind=bird", "kind=cat", "kind=dog", "home=no", "home=yes"));
  EXPECT_EQ(whole.splits.train.fields()[1].type, ElementType::kInteger);
  EXPECT_THAT(ReadAll(whole.splits.train, 1), ElementsAre(2, 7, 1, 3));
  EXPECT_THAT(whole.train_classes, IsEmpty());  // they are all different
  const Source reals = OpenWhole(kPets, {.target = "weight"});
  EXPECT_EQ(reals.splits.train.fields()[1].type, ElementType::kReal);
  EXPECT_THAT(ReadAll(reals.splits.train, 1), ElementsAre(3.5, 10, 0.5, 4));
}

// Every row has the sample 1, 2 and the label 0.
TEST_F(Table, EveryWayToWriteTheSameTable) {
  for (const char* text :
       {"a,b,c\n1,2,0\n", "a,b,c\r\n1,2,0\r\n", "a,b,c\n1,2,0",
        "\xef\xbb\xbf"
        "a,b,c\n1,2,0\n",
        "\n\na,b,c\n\n1,2,0\n\n\n", "a;b;c\n1;2;0\n", "a\tb\tc\n1\t2\t0\n", "\"a\",\"b\",\"c\"\n\"1\",\"2\",\"0\"\n",
        " a , b , c\n +1.0 , 2e0 , 0\n", "a;b;\"c,d,e,f\"\n1;2;0\n", "a,b,c\r\n1,2,0\r"}) {
    const Source source = OpenWhole(text);
    EXPECT_THAT(ReadAll(source.splits.train, 0), ElementsAre(1, 2)) << text;
    EXPECT_THAT(ReadAll(source.splits.train, 1), ElementsAre(0)) << text;
  }
  EXPECT_THAT(ReadAll(OpenWhole("a\tb,b\tc\n1\t2\t0\n", {}, "t.tsv").splits.train, 0), ElementsAre(1, 2));
}

TEST_F(Table, QuotesHoldDelimitersQuotesAndLines) {
  const Source source = OpenWhole("x,\"the\nname\",y\n1,\"a,\"\"b\"\"\nc\",0\n2,plain 5\" pipe,1\n");
  EXPECT_THAT(source.splits.train.element_names, ElementsAre("x", "the name=a,\"b\" c", "the name=plain 5\" pipe"));
  EXPECT_THAT(ReadSample(source.splits.train, 1, 0), ElementsAre(2, 0, 1));
}

TEST_F(Table, NumbersDoNotDependOnTheLocale) {
  const char* const before = std::setlocale(LC_ALL, nullptr);
  const std::string saved = before;
  for (const char* name : {"de_DE.UTF-8", "fr_FR.UTF-8", "C"}) {
    if (std::setlocale(LC_ALL, name) == nullptr) continue;
    EXPECT_THAT(ReadAll(OpenWhole("a,b\n1.5,0\n").splits.train, 0), ElementsAre(1.5)) << name;
  }
  std::setlocale(LC_ALL, saved.c_str());
}

TEST_F(Table, MissingValues) {
  const std::string text = "a,b,c,y\n1,x,2,0\n3,,4,1\n,y,6,0\n5,y,?,1\nNA,NaN,null,1\n";
  EXPECT_EQ(Refusal(text),
            "3: t.csv:3: the column b has no value; --missing mean or drop fills or leaves out such rows");
  const Source mean = OpenWhole(text, {.missing = Missing::kMean});
  EXPECT_THAT(mean.splits.train.element_names, ElementsAre("a", "b=x", "b=y", "c"));
  EXPECT_THAT(ReadSample(mean.splits.train, 1, 0), ElementsAre(3, 0, 1, 4));
  EXPECT_THAT(ReadSample(mean.splits.train, 2, 0), ElementsAre(3, 0, 1, 6));
  EXPECT_THAT(ReadSample(mean.splits.train, 4, 0), ElementsAre(3, 0, 1, 4));
  const Source drop = OpenWhole(text, {.missing = Missing::kDrop});
  EXPECT_THAT(drop.splits.train.element_names, ElementsAre("a", "b=x", "c"));
  EXPECT_EQ(drop.splits.train.size(), 1);
  EXPECT_EQ(Refusal("a,y\n1,2\n3,\n", {.missing = Missing::kMean}),
            "3: t.csv:3: the column y has no value, and it is the target; --missing drop leaves out such rows");
  EXPECT_EQ(Refusal("a,y\n,2\n,3\n", {.missing = Missing::kMean}),
            "3: t.csv:1: the column a has no value in the training data");
  EXPECT_EQ(Refusal("a,y\n,2\n,3\n", {.missing = Missing::kDrop}), "3: t.csv:1: there are no rows below the header");
}

// What only a text can be is one, if another cell of the column is a text; else it is an error.
TEST_F(Table, OneTextMakesAColumnOfTexts) {
  const struct {
    const char *cell, *name, *error;
  } rows[] = {
      {"Infinity", "Infinity", "has Infinity, which is not a finite number of 32 bits"},
      {"nan(x)", "nan(x)", "has nan(x), which is not a finite number of 32 bits"},
      {"\"12,15\"", "12,15", "has 12,15 with a decimal comma; numbers need a decimal point"},
  };
  for (const auto& row : rows) {
    const std::string cell = row.cell;
    for (const std::string& text : {"n,y\n" + cell + ",0\nword,1\n", "n,y\nword,0\n" + cell + ",1\n"})
      EXPECT_THAT(OpenWhole(text).splits.train.element_names, ElementsAre(std::string("n=") + row.name, "n=word"))
          << text;
    EXPECT_EQ(Refusal("n,y\n1,0\n" + cell + ",1\n2,0\n"), std::string("3: t.csv:3: the column n ") + row.error);
  }
}

TEST_F(Table, NumbersThatAreTooSmallAreZero) {
  EXPECT_THAT(ReadAll(OpenWhole("a,b,c,y\n1e-400,-1e-400,1e-50,0\n").splits.train, 0), ElementsAre(0, 0, 0));
  EXPECT_EQ(Refusal("a,y\n1e400,0\n"), "3: t.csv:2: the column a has 1e400, which is not a finite number of 32 bits");
}

TEST_F(Table, TestRowsTeachNothing) {
  std::string text = "n,t,y\n";
  for (int row = 0; row < 40; ++row)
    text += std::to_string(row) + ",t" + std::to_string(row) + "," + (row % 2 == 0 ? "odd\n" : "even\n");
  const Source source = Open(text, {.missing = Missing::kMean, .test_split = 0.25});
  EXPECT_EQ(source.splits.train.size(), 30);
  EXPECT_EQ(source.splits.test.size(), 10);
  EXPECT_EQ(source.splits.train.element_names.size(), 31u);
  EXPECT_EQ(source.train_classes.size(), 30u);
  for (int64_t row = 0; row < 10; ++row) {
    const std::vector<double> sample = ReadSample(source.splits.test, row, 0);
    EXPECT_EQ(std::count(sample.begin() + 1, sample.end(), 0.0), 30) << row;  // its text is unknown
    EXPECT_EQ(ReadSample(source.splits.test, row, 1)[0], static_cast<int>(sample[0]) % 2 == 0 ? 1 : 0);
  }
}

TEST_F(Table, FoldersHaveATableForEachPart) {
  scratch_.Write("set/train.csv", "a,b,y\n1,x,no\n,z,yes\n3,x,no\n");
  scratch_.Write("set/val.csv", "a,b,y\n9,w,yes\n");
  scratch_.Write("set/test.csv", "a,b,y\n,z,no\n");
  const Source source = OpenSource(scratch_.path("set"), {.missing = Missing::kMean});
  EXPECT_THAT(source.splits.train.element_names, ElementsAre("a", "b=x", "b=z"));
  EXPECT_THAT(ReadAll(source.splits.train, 0), ElementsAre(1, 1, 0, 2, 0, 1, 3, 1, 0));
  EXPECT_THAT(ReadAll(source.splits.validation, 0), ElementsAre(9, 0, 0));
  EXPECT_THAT(ReadAll(source.splits.test, 0), ElementsAre(2, 0, 1));
  EXPECT_THAT(ReadAll(source.splits.validation, 1), ElementsAre(1));
  const auto refusal = [&](const std::string& test) {
    scratch_.Write("set/test.csv", test);
    return ErrorOf(scratch_, [&] { OpenSource(scratch_.path("set"), {.missing = Missing::kMean}); });
  };
  EXPECT_EQ(refusal("a,b,y\n1,x,maybe\n"), "3: set/test.csv:2: the class maybe is not in the training data");
  EXPECT_EQ(refusal("a,y\n1,no\n"), "3: set/test.csv:1: the columns are not those of set/train.csv");
  EXPECT_EQ(refusal("a,b,y\nmuch,x,no\n"),
            "3: set/test.csv:2: the column a has much, but only numbers in the training data");
  scratch_.Write("set/valid.csv", "a,b,y\n9,w,yes\n");
  EXPECT_EQ(refusal("a,b,y\n1,x,no\n"), "3: set: has two tables of the same part, set/val.csv and set/valid.csv");
}

TEST_F(Table, FaultsAreNamed) {
  const auto refusal = [&](const std::string& text) { return Refusal(text); };
  EXPECT_EQ(refusal(""), "3: t.csv: is empty or not a regular file");
  EXPECT_EQ(refusal("\n\n"), "3: t.csv:3: there is no header, which names the columns");
  EXPECT_EQ(refusal("a,b\n"), "3: t.csv:1: there are no rows below the header");
  EXPECT_EQ(refusal("alone\n1\n"), "3: t.csv:1: there is one column, alone; a table needs a target and more");
  EXPECT_EQ(refusal("a,b,a\n1,2,3\n"), "3: t.csv:1: two columns have the name a");
  EXPECT_EQ(refusal("a,,b\n1,2,3\n"), "3: t.csv:1: column 2 has no name");
  EXPECT_EQ(refusal(",a,b\n0,1,2\n"),
            "3: t.csv:1: column 1 has no name; if it is the index of pandas, to_csv(..., index=False) leaves it out");
  EXPECT_EQ(
      refusal("a,b\r1,2\r"),
      "3: t.csv: has lines that end with a carriage return alone, as on old Macs; they must end with a line feed");
  EXPECT_EQ(refusal("a,b\n1,2\n3\n"), "3: t.csv:3: the row has 1 value for 2 columns");
  EXPECT_EQ(refusal("a,b\n1,2\n\n3,4,5\n"), "3: t.csv:4: the row has 3 values for 2 columns");
  EXPECT_EQ(refusal("a,b\n1,\"2\n3,4\n"), "3: t.csv:2: a quote is opened and not closed");
  EXPECT_EQ(refusal("a,b\n1,\"2\"3\n"), "3: t.csv:2: a quoted value goes on after its closing quote");
  EXPECT_EQ(refusal(std::string("a,b\n1,\0\n", 8)), "3: t.csv:2: there is a zero byte, so this is no text");
  EXPECT_EQ(refusal(std::string("a,b\n1,\"\0\"\n", 10)), "3: t.csv:2: there is a zero byte, so this is no text");
  EXPECT_EQ(refusal(std::string("\xff\xfe"
                                "a\0,\0",
                                6)),
            "3: t.csv: is in UTF-16; a table must be in UTF-8");
  EXPECT_EQ(refusal("a;b\n1,5;2\n"),
            "3: t.csv:2: the column a has 1,5 with a decimal comma; numbers need a decimal point");
  EXPECT_EQ(refusal("a,b\n1,\"-2,5\"\n"),
            "3: t.csv:2: the column b has -2,5 with a decimal comma; numbers need a decimal point");
  EXPECT_EQ(refusal("a,b\n1,inf\n"), "3: t.csv:2: the column b has inf, which is not a finite number of 32 bits");
  EXPECT_EQ(refusal("a,b\n1e39,1\n"), "3: t.csv:2: the column a has 1e39, which is not a finite number of 32 bits");
  EXPECT_EQ(refusal("a,b\n1,yes\n2,yes\n"), "3: t.csv:1: the target has only one class, yes");
  EXPECT_EQ(refusal("a,b\n1,0\n2,0\n"), "3: t.csv:1: the target has only one value, 0");
  EXPECT_EQ(refusal("a,b\n1,7.5\n2,7.50\n"), "3: t.csv:1: the target has only one value, 7.5");
  EXPECT_EQ(Refusal("a,b\n1,2\n", {.target = "c"}), "3: t.csv:1: there is no column c; there are a, b");
  std::string wide = "a";
  for (int column = 0; column < 1000000; ++column) wide += ",a" + std::to_string(column);
  EXPECT_EQ(refusal(wide), "3: t.csv:1: there are more than 65536 columns");
  std::string texts = "t,y\n";
  for (int row = 0; row <= 1000; ++row) texts += "name " + std::to_string(row) + "," + std::to_string(row % 2) + "\n";
  EXPECT_EQ(Refusal(texts, {.test_split = 0}),
            "3: t.csv:1002: the column t has text number 1001; at most 1000 different texts can be told apart");
}

// The rows to predict have the elements of the training data, wherever their columns are.
TEST_F(Table, RowsToPredictHaveTheColumnsOfTraining) {
  const std::vector<std::string> names = {"weight", "kind=bird", "kind=cat", "kind=a=b c", "x=y"};
  const auto open = [&](const std::string& text, const DataOptions& options = {}) {
    return OpenTableRows(scratch_.Write("new.csv", text), names, options);
  };
  const TableRows rows =
      open("id,x=y,kind,home,weight\n\n7,-1,cat,?,3.5\n8,-2,\"a=b\nc\",,4\n9,-3,fish,no,5\n", {.target = "home"});
  EXPECT_THAT(rows.ignored, ElementsAre("id"));
  const Dataset& data = rows.source.splits.test;
  EXPECT_THAT(ReadAll(data, 0), ElementsAre(3.5, 0, 1, 0, -1, 4, 0, 0, 1, -2, 5, 0, 0, 0, -3));
  EXPECT_EQ(data.fields().size(), 1u);
  EXPECT_EQ(data.element_names, names);
  EXPECT_EQ(data.source().NameOf(0), scratch_.path("new.csv:3"));
  EXPECT_EQ(data.source().NameOf(2), scratch_.path("new.csv:6"));  // the row before it has two lines
  const auto refusal = [&](const std::string& text, const DataOptions& options = {}) {
    return ErrorOf(scratch_, [&] { open(text, options); });
  };
  EXPECT_EQ(refusal("weight,x=y\n1,2\n"), "3: new.csv:1: the column kind is missing, which the model was trained with");
  EXPECT_EQ(refusal("kind,x=y\ncat,2\n"),
            "3: new.csv:1: the column weight is missing, which the model was trained with");
  EXPECT_EQ(refusal("weight,kind,x=y\nmuch,cat,2\n"),
            "3: new.csv:2: the column weight has much, but only numbers in the training data");
  EXPECT_EQ(refusal("weight,kind,x=y\n1,,2\n"),
            "3: new.csv:2: the column kind has no value; --missing drop leaves out such rows");
  EXPECT_EQ(open("weight,kind,x=y\n1,,2\n1,cat,2\n", {.missing = Missing::kDrop}).source.splits.test.size(), 1);
}

// A column of numbers is not taken for one of texts with the same beginning.
TEST_F(Table, AMissingColumnWithTheSignOfATextIsMissing) {
  scratch_.Write("new.csv", "a\n1\n");
  EXPECT_EQ(ErrorOf(scratch_,
                    [&] {
                      OpenTableRows(scratch_.path("new.csv"), {"a", "a=b"}, {});
                    }),
            "3: new.csv:1: the column a=b is missing, which the model was trained with");
}

// Such a file begins as a packed one does, but for the length of its header.
TEST_F(Table, ABraceInTheHeaderMakesNoPackedFile) {
  EXPECT_THAT(OpenWhole("column_a{b},y\n1,0\n2,1\n").splits.train.element_names, ElementsAre("column_a{b}"));
}

TEST_F(Table, ATableToPredictMayHaveOneColumn) {
  scratch_.Write("new.csv", "a\n1\n2\n");
  EXPECT_THAT(ReadAll(OpenTableRows(scratch_.path("new.csv"), {"a"}, {}).source.splits.test, 0), ElementsAre(1, 2));
}

TEST_F(Table, SurvivesTruncationAndDamage) {
  const auto read = [](const std::string& path) { ReadAll(OpenSource(path, {}).splits.train, 0); };
  const std::string text = kPets;
  for (size_t size = 0; size < text.size(); ++size) {
    const std::string path = scratch_.Write("t.csv", text.substr(0, size));
    ErrorOf(scratch_, [&] { read(path); });
  }
  ExpectDamageSurvived(scratch_, "t.csv", text, read);
}

}  // namespace
}  // namespace brine
