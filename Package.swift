// swift-tools-version: 6.1
import PackageDescription

/// Imports mean something: what a module shows of another is said with `public import` or `package import`, and a member is
/// seen only where its module is imported.
let settings: [SwiftSetting] = [
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("ExistentialAny"),
]

let package = Package(
  name: "Plumb",
  products: [
    .executable(name: "plumb", targets: ["plumb"]),
    .executable(name: "plumb-server", targets: ["plumb-server"]),
    .library(name: "Captioning", targets: ["Captioning"]),
    .library(name: "CaptionMetrics", targets: ["CaptionMetrics"]),
    .library(name: "Evaluation", targets: ["Evaluation"]),
    .library(name: "Explanation", targets: ["Explanation"]),
    .library(name: "CaptionData", targets: ["CaptionData"]),
    .library(name: "CLIP", targets: ["CLIP"]),
    .library(name: "Distillation", targets: ["Distillation"]),
    .library(name: "FineTuning", targets: ["FineTuning"]),
    .library(name: "PlumbServer", targets: ["PlumbServer"]),
    .library(name: "Paraphrase", targets: ["Paraphrase"]),
    .library(name: "Retrieval", targets: ["Retrieval"]),
    .library(name: "Sharding", targets: ["Sharding"]),
    .library(name: "Training", targets: ["Training"]),
    .library(name: "Compute", targets: ["Compute"]),
    .library(name: "Files", targets: ["Files"]),
    .library(name: "JSON", targets: ["JSON"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.20.0"),
  ],
  targets: [
    .executableTarget(
      name: "plumb",
      dependencies: [
        "CaptionData", "CaptionMetrics", "Captioning", "CLIP", "Compute", "Distillation", "Evaluation",
        "Explanation", "Files",
        "FineTuning", "JSON", "Paraphrase", "Plotting", "PlumbWorker", "Retrieval", "Sharding",
        "TextProcessing", "Training",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], swiftSettings: settings),
    // A program of its own: the HTTP server takes longer to build than all the rest, and only `plumb serve` needs it.
    .executableTarget(
      name: "plumb-server",
      dependencies: [
        "CLIP", "Compute", "PlumbServer", "Retrieval",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], swiftSettings: settings),
    .target(
      name: "PlumbWorker",
      dependencies: [
        "CaptionData", "CaptionMetrics", "Captioning", "CLIP", "Compute", "Files", "JSON", "TextProcessing",
      ],
      swiftSettings: settings),
    .target(
      name: "PlumbServer",
      dependencies: [
        "CLIP", "Files", "JSON", "Retrieval", "SQLiteFiles",
        .product(name: "GRDB", package: "GRDB.swift"), .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdCore", package: "hummingbird"),
      ],
      resources: [.embedInCode("Page")], swiftSettings: settings),
    .target(
      name: "Captioning",
      dependencies: [
        "CaptionData", "CaptionMetrics", "CLIP", "Compute", "Files", "JSON", "TextProcessing", "Training",
      ],
      swiftSettings: settings),
    .target(
      name: "Distillation",
      dependencies: [
        "CaptionData", "CaptionMetrics", "CLIP", "Compute", "Evaluation", "Files", "Training",
      ],
      swiftSettings: settings),
    .target(
      name: "FineTuning",
      dependencies: [
        "CaptionData", "CLIP", "Evaluation", "Files", "JSON", "Plotting", "Training",
      ], swiftSettings: settings),
    .target(
      name: "Paraphrase",
      dependencies: [
        "CaptionData", "Compute", "Files", "HTTPClient", "JSON", "TextProcessing",
        "SQLiteFiles", .product(name: "GRDB", package: "GRDB.swift"),
      ], swiftSettings: settings),
    .target(
      name: "Training",
      dependencies: [
        "CaptionData", "CLIP", "Compute", "Files", "JSON", "Plotting", "TextProcessing", "CTorchBridge",
        "CZlib",
        .product(name: "Yams", package: "Yams"),
      ], swiftSettings: settings),
    .target(
      name: "Explanation",
      dependencies: [
        "CaptionData", "CaptionMetrics", "CLIP", "Compute", "Evaluation", "Files", "JSON", "Plotting",
      ],
      resources: [.embedInCode("Words/kinds.txt")], swiftSettings: settings),
    .target(
      name: "Evaluation",
      dependencies: [
        "CaptionData", "CaptionMetrics", "CLIP", "Compute", "Files", "JSON", "Plotting", "Retrieval",
        "TextProcessing",
        "CZlib",
      ], swiftSettings: settings),
    .target(
      name: "Sharding", dependencies: ["CLIP", "CaptionData", "CaptionMetrics", "Compute", "Files", "JSON"],
      swiftSettings: settings),
    .target(
      name: "Retrieval",
      dependencies: [
        "CLIP", "Compute", "CZlib", "Files", "JSON", "SQLiteFiles",
        .product(name: "GRDB", package: "GRDB.swift"),
      ],
      swiftSettings: settings),
    .target(
      name: "SQLiteFiles", dependencies: ["Files", .product(name: "GRDB", package: "GRDB.swift")],
      swiftSettings: settings),
    .target(
      name: "CaptionMetrics",
      dependencies: ["CaptionData", "CLIP", "Files", "JSON", "TextProcessing"], swiftSettings: settings),
    .target(
      name: "CLIP", dependencies: ["Compute", "Files", "HTTPClient", "JSON", "CImageCodecs"],
      swiftSettings: settings),
    .target(name: "CaptionData", dependencies: ["Files", "JSON"], swiftSettings: settings),
    .target(name: "TextProcessing", dependencies: ["Files"], swiftSettings: settings),
    .target(name: "Plotting", swiftSettings: settings),
    .target(name: "HTTPClient", dependencies: ["CCurl"], swiftSettings: settings),
    .target(name: "Compute", dependencies: ["CKernels", "COneDNN"], swiftSettings: settings),
    .target(name: "Files", dependencies: ["CArchive", "CZlib"], swiftSettings: settings),
    .target(name: "JSON", swiftSettings: settings),
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
      name: "plumb-bench", dependencies: ["CLIP", "Compute", "Files", "Retrieval"],
      path: "Benchmarks/plumb-bench",
      swiftSettings: settings),
    .target(name: "TestSupport", path: "Tests/TestSupport"),
    .target(name: "ModelSupport", dependencies: ["CLIP", "Compute"], path: "Tests/ModelSupport"),
    .target(name: "MetricsSupport", dependencies: ["CLIP"], path: "Tests/MetricsSupport"),
    .target(
      name: "TrainingSupport", dependencies: ["Training", "CLIP", "Compute", "Files", "TestSupport"],
      path: "Tests/TrainingSupport"),
    .executableTarget(
      name: "training-process", dependencies: ["CLIP", "Training", "TrainingSupport"],
      path: "Tests/TrainingProcess"),
    .testTarget(
      name: "FilesTests", dependencies: ["CLIP", "Files", "TestSupport"], exclude: ["Fixtures"]),
    .testTarget(name: "JSONTests", dependencies: ["JSON", "TestSupport"]),
    .testTarget(name: "PlottingTests", dependencies: ["Plotting", "TestSupport"]),
    .testTarget(name: "ComputeTests", dependencies: ["Compute", "CKernels", "TestSupport"]),
    .testTarget(
      name: "CLIPTests",
      dependencies: ["CLIP", "Compute", "Files", "HTTPClient", "JSON", "ModelSupport", "TestSupport"],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "PlumbWorkerTests",
      dependencies: ["CaptionMetrics", "CLIP", "JSON", "PlumbWorker", "TestSupport"]),
    .testTarget(
      name: "RetrievalTests", dependencies: ["CLIP", "Compute", "Files", "JSON", "Retrieval", "TestSupport"],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "CaptionDataTests", dependencies: ["CaptionData", "CLIP", "Files", "JSON", "TestSupport"],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "CaptionMetricsTests",
      dependencies: [
        "CaptionData", "CaptionMetrics", "CLIP", "Files", "JSON", "MetricsSupport", "TestSupport",
        "TextProcessing",
      ],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "EvaluationTests",
      dependencies: [
        "CaptionData", "CaptionMetrics", "CLIP", "Compute", "Evaluation", "Files", "JSON", "MetricsSupport",
        "Plotting", "Retrieval",
        "TestSupport",
      ],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "ExplanationTests",
      dependencies: [
        "CaptionData", "CLIP", "Explanation", "TestSupport",
      ]),
    .testTarget(
      name: "TrainingTests",
      dependencies: [
        "CaptionData", "CLIP", "Compute", "Files", "ModelSupport", "Training", "TrainingSupport",
        "training-process", "TestSupport",
      ],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "DistillationTests",
      dependencies: [
        "Distillation", "CLIP", "Compute", "Files", "Training", "TrainingSupport", "TestSupport",
      ],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "CaptioningTests",
      dependencies: ["Captioning", "CaptionMetrics", "CLIP", "Compute", "Training", "TestSupport"],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "FineTuningTests",
      dependencies: ["FineTuning", "CLIP", "Training", "TrainingSupport", "TestSupport"],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "ShardingTests", dependencies: ["CLIP", "Files", "JSON", "Sharding", "TestSupport"]),
    .testTarget(
      name: "ParaphraseTests",
      dependencies: ["CaptionData", "Files", "HTTPClient", "JSON", "Paraphrase", "TestSupport"]),
    .testTarget(
      name: "PlumbTests",
      dependencies: [
        "plumb", "CaptionData", "CaptionMetrics", "Captioning", "CLIP", "Compute", "Distillation",
        "Evaluation", "Files",
        "FineTuning", "JSON", "Paraphrase", "Retrieval", "Training", "TestSupport",
        .product(name: "GRDB", package: "GRDB.swift"),
      ],
      exclude: ["Fixtures"]),
  ]
)
