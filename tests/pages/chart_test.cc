// Tests charts: ticks, and where lines and marks lie.
#include "frontend/cli/html/chart.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <regex>

#include "frontend/cli/html/ticks.h"

namespace brine {
namespace {

using cli::DrawChart;
using cli::LinearTicks;
using cli::LogTicks;
using cli::Point;
using cli::Series;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

std::vector<std::string> Labels(const std::vector<double>& ticks) {
  std::vector<std::string> labels;
  for (const double tick : ticks) labels.push_back(cli::TickLabel(tick));
  return labels;
}

TEST(Ticks, LinearOnesAreRoundNumbers) {
  struct Row {
    double low, high;
    int most;
    double least_step;
    std::vector<std::string> labels;
  };
  const Row rows[] = {
      {0, 1, 6, 0, {"0", "0.2", "0.4", "0.6", "0.8", "1"}},
      {0.43, 2.31, 6, 0, {"0.5", "1", "1.5", "2"}},
      {-3, 3, 4, 0, {"-2", "0", "2"}},
      {20000, 21500, 5, 0, {"20000", "20500", "21000", "21500"}},
      {0, 0.0003, 4, 0, {"0", "0.0001", "0.0002", "0.0003"}},
      {1, 3, 8, 1, {"1", "2", "3"}},
      {1, 100, 8, 1, {"20", "40", "60", "80", "100"}},
      {5, 5, 4, 0, {"5"}},
      {0.7310001, 0.7310004, 4, 0, {"0.7310001", "0.7310002", "0.7310003", "0.7310004"}},
  };
  for (const Row& row : rows) {
    EXPECT_THAT(Labels(LinearTicks(row.low, row.high, row.most, row.least_step)), ElementsAreArray(row.labels))
        << row.low << " to " << row.high;
  }
}

TEST(Ticks, LogarithmicOnesArePowersOfTen) {
  struct Row {
    double low, high;
    int most;
    std::vector<std::string> labels;
  };
  const Row rows[] = {
      {0.5, 2000, 6, {"1", "10", "100", "1000"}},
      {1e-8, 1, 3, {"1e-08", "1e-05", "0.01"}},
      {2, 60, 5, {"2", "5", "10", "20", "50"}},
      {0.03, 0.09, 5, {"0.05"}},
  };
  for (const Row& row : rows)
    EXPECT_THAT(Labels(LogTicks(row.low, row.high, row.most)), ElementsAreArray(row.labels)) << row.low;
}

TEST(Ticks, ThereAreNeverTooMany) {
  for (int most = 2; most < 9; ++most) {
    for (double low = -1000; low < 1000; low += 37.3) {
      for (const double size : {1e-6, 0.3, 1.0, 7.0, 99.99, 12345.6}) {
        const std::vector<double> ticks = LinearTicks(low, low + size, most);
        EXPECT_LE(ticks.size(), static_cast<size_t>(most)) << low << " " << size;
        EXPECT_GE(ticks.size(), 1u) << low << " " << size << " " << most;
        for (const double tick : ticks) {
          EXPECT_GE(tick, low - 1e-6 * size);
          EXPECT_LE(tick, low + size * (1 + 1e-6));
        }
      }
    }
  }
}

// The numbers of the first line of a chart, which its path and the ranges of its axes give.
std::vector<Point> Drawn(const std::string& svg) {
  std::smatch match;
  double x[4], y[4];
  EXPECT_TRUE(std::regex_search(svg, match, std::regex("data-x=\"([^\"]*)\" data-y=\"([^\"]*)\"")));
  std::sscanf(match[1].str().c_str(), "%lf %lf %lf %lf", x, x + 1, x + 2, x + 3);
  std::sscanf(match[2].str().c_str(), "%lf %lf %lf %lf", y, y + 1, y + 2, y + 3);
  const bool log = svg.find("data-log=\"1\"") != std::string::npos;
  EXPECT_TRUE(std::regex_search(svg, match, std::regex("data-series=\"[^\"]*\" d=\"([^\"]*)\"")));
  const std::string path = match[1];
  const std::regex place("[ML]([-0-9.]+) ([-0-9.]+)");
  std::vector<Point> points;
  for (std::sregex_iterator found(path.begin(), path.end(), place), end; found != end; ++found) {
    const double at = (std::stod((*found)[2]) - y[2]) / (y[3] - y[2]);
    points.push_back({x[0] + (x[1] - x[0]) * (std::stod((*found)[1]) - x[2]) / (x[3] - x[2]),
                      log ? y[0] * std::pow(y[1] / y[0], at) : y[0] + (y[1] - y[0]) * at});
  }
  return points;
}

TEST(Chart, PointsLieWhereTheirNumbersSay) {
  for (const bool log : {false, true}) {
    const std::vector<Point> points = {{1, 2.3}, {2, 1.1}, {3, 0.02}, {7, 0.4}};
    const std::string svg = DrawChart({.title = "loss", .series = {{"training", 0, {}, points}}, .log = log});
    const std::vector<Point> drawn = Drawn(svg);
    ASSERT_EQ(drawn.size(), points.size());
    for (size_t index = 0; index < points.size(); ++index) {
      EXPECT_NEAR(drawn[index].x, points[index].x, 0.02);
      EXPECT_NEAR(drawn[index].y, points[index].y, log ? 0.01 * points[index].y : 0.02) << log;
    }
  }
}

TEST(Chart, AGapEndsALineAndTheBestPointHasARing) {
  const Series series = {"validation", 2, {}, {{1, 3}, {2, kNan}, {3, 1}, {4, 2}}, 2};
  const std::string svg = DrawChart({.title = "loss", .series = {series}});
  std::smatch match;
  ASSERT_TRUE(std::regex_search(svg, match, std::regex(" d=\"(M[^\"L]*)(M[^\"L]*L[^\"L]*)\"")));
  EXPECT_THAT(svg, HasSubstr("class=\"best s2\""));
  EXPECT_THAT(svg, HasSubstr("<title>best, validation, epoch 3: 1</title>"));
  EXPECT_THAT(svg, HasSubstr("validation: from 3 at epoch 1 to 2 at epoch 4; 1 at the best epoch, 3."));
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
}

TEST(Chart, NumbersThatCannotBeDrawnAreLeftOut) {
  EXPECT_EQ(DrawChart({.title = "none"}), "");
  EXPECT_EQ(DrawChart({.title = "none", .series = {{"a", 0, {}, {{1, kNan}, {2, INFINITY}, {3, -1e308}, {4, 1e308}}}}}),
            "");
  for (const std::vector<Point>& points :
       {std::vector<Point>{{1, 5}}, {{1, 0}, {2, 0}}, {{1, 1e-300}, {2, 2e-300}}, {{1, 9e299}, {2, INFINITY}}}) {
    for (const bool log : {false, true}) {
      const std::string svg = DrawChart({.title = "t", .series = {{"a", 0, {}, points}}, .log = log});
      EXPECT_THAT(svg, HasSubstr("<path class=\"line")) << points[0].y;
      EXPECT_THAT(svg, Not(HasSubstr("nan"))) << points[0].y;
      EXPECT_THAT(svg, Not(HasSubstr("inf"))) << points[0].y;
    }
  }
}

TEST(Chart, ThinningKeepsTheExtremes) {
  std::vector<Point> points;
  for (int index = 0; index < 10000; ++index) points.push_back({1.0 * index, std::sin(index * 0.001)});
  points[1234].y = 40;
  points[8765].y = -40;
  const std::vector<Point> thinned = cli::Thinned(points, 200);
  EXPECT_LE(thinned.size(), 200u);
  const auto has = [&](double x) {
    return std::any_of(thinned.begin(), thinned.end(), [&](const Point& point) { return point.x == x; });
  };
  EXPECT_TRUE(has(0) && has(1234) && has(8765) && has(9999));
  EXPECT_TRUE(std::is_sorted(thinned.begin(), thinned.end(), [](const Point& a, const Point& b) { return a.x < b.x; }));
}

TEST(Chart, NamesAreText) {
  const std::string svg = DrawChart({.title = "<b>", .series = {{"\"><script>", 0, {}, {{1, 1}, {2, 2}}}}});
  EXPECT_THAT(svg, Not(HasSubstr("<b>")));
  EXPECT_THAT(svg, Not(HasSubstr("<script>")));
}

}  // namespace
}  // namespace brine
