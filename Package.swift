// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "Plumb",
  products: [
    .executable(name: "plumb", targets: ["plumb"]),
    .library(name: "CaptionMetrics", targets: ["CaptionMetrics"]),
    .library(name: "CLIP", targets: ["CLIP"]),
    .library(name: "Distillation", targets: ["Distillation"]),
    .library(name: "FineTuning", targets: ["FineTuning"]),
    .library(name: "Learning", targets: ["Learning"]),
    .library(name: "Paraphrase", targets: ["Paraphrase"]),
    .library(name: "Compute", targets: ["Compute"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
  ],
  targets: [
    .executableTarget(
      name: "plumb",
      dependencies: [
        "CaptionMetrics", "CLIP", "Compute", "Distillation", "FineTuning", "JSON", "Learning", "Paraphrase",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .target(name: "CaptionMetrics", dependencies: ["CLIP", "Compute", "JSON", "CArchive", "CZlib"]),
    .target(name: "Distillation", dependencies: ["CaptionMetrics", "CLIP", "Learning"]),
    .target(
      name: "FineTuning",
      dependencies: ["CaptionMetrics", "CLIP", "Compute", "JSON", "Learning"]),
    .target(
      name: "Paraphrase",
      dependencies: [
        "CaptionMetrics", "CLIP", "Compute", "JSON", "CCurl", .product(name: "GRDB", package: "GRDB.swift"),
      ]),
    .target(
      name: "Learning",
      dependencies: [
        "CaptionMetrics", "CLIP", "Compute", "JSON", "CTorchBridge", "CZlib",
        .product(name: "Yams", package: "Yams"),
      ]),
    .target(name: "CLIP", dependencies: ["Compute", "JSON", "CCurl", "CImageCodecs", "CZlib"]),
    .target(name: "Compute", dependencies: ["CKernels", "COneDNN"]),
    .target(name: "JSON"),
    .target(name: "CKernels"),
    .target(name: "CTorchBridge"),
    .target(name: "COneDNN", linkerSettings: [.linkedLibrary("dnnl")]),
    .target(
      name: "CImageCodecs",
      linkerSettings: [
        .linkedLibrary("jpeg"), .linkedLibrary("png"), .linkedLibrary("webp"), .linkedLibrary("webpdemux"),
        .linkedLibrary("dl", .when(platforms: [.linux])),
      ]),
    .target(name: "CCurl", linkerSettings: [.linkedLibrary("dl", .when(platforms: [.linux]))]),
    .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CArchive", providers: [.apt(["libarchive-dev"])]),
    .executableTarget(
      name: "plumb-bench", dependencies: ["CLIP"], path: "Benchmarks/plumb-bench"),
    .target(name: "TestSupport", path: "Tests/TestSupport"),
    .testTarget(
      name: "ComputeTests", dependencies: ["Compute", "CKernels", "TestSupport"]),
    .testTarget(name: "CLIPTests", dependencies: ["CLIP", "TestSupport"], exclude: ["Fixtures"]),
    .testTarget(
      name: "CaptionMetricsTests", dependencies: ["CaptionMetrics", "JSON", "TestSupport"],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "DistillationTests",
      dependencies: ["Distillation", "Learning", "LearningSupport", "CLIP", "Compute", "TestSupport"],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "FineTuningTests",
      dependencies: ["FineTuning", "Learning", "LearningSupport", "CLIP", "TestSupport"], exclude: ["Fixtures"]),
    .target(
      name: "LearningSupport", dependencies: ["Learning", "CLIP", "Compute", "TestSupport"],
      path: "Tests/LearningSupport"),
    .executableTarget(
      name: "learning-process", dependencies: ["CLIP", "Learning", "LearningSupport"],
      path: "Tests/LearningProcess"),
    .testTarget(
      name: "LearningTests",
      dependencies: ["Learning", "LearningSupport", "learning-process", "CLIP", "Compute", "TestSupport"],
      exclude: ["Fixtures"]),
    .testTarget(name: "ParaphraseTests", dependencies: ["Paraphrase", "JSON", "TestSupport"]),
    .testTarget(
      name: "PlumbTests",
      dependencies: [
        "plumb", "CaptionMetrics", "CLIP", "Compute", "Distillation", "FineTuning", "Learning", "TestSupport",
      ],
      exclude: ["Fixtures"]),
  ]
)
