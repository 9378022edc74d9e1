//! The 22 queries of TPC-H at scale factor 0.01.

use super::{open, run, shared};

/// How many rows each query has, and the first; all rows were compared with another engine's.
const ANSWERS: [(usize, &str); 22] = [
    (4, "A|F|380456.00|532348211.65|505822441.4861|526165934.000839|25.575155|35785.709307|0.050081|14876"),
    (
        4,
        "4186.95|Supplier#000000077|GERMANY|249|Manufacturer#4|wVtcr0uH3CyrSiWMLsqnB09Syo,UuZxPMeBghlY|17-281-345-4863|the slyly final asymptotes. blithely pending theodoli",
    ),
    (10, "47714|267010.5894|1995-03-11|0"),
    (5, "1-URGENT|93"),
    (5, "VIETNAM|1000926.6999"),
    (1, "1193053.2253"),
    (4, "FRANCE|GERMANY|1995|268068.5774"),
    (2, "1995|0.000000"),
    (173, "ALGERIA|1998|97864.5682"),
    (
        20,
        "679|Customer#000000679|378211.3252|1394.44|IRAN|IJf1FlZL9I9m,rvofcoKy5pRUOjUQV|20-146-696-9508|ely pending frays boost carefully",
    ),
    (359, "1376|13271249.89"),
    (2, "MAIL|64|86"),
    (33, "0|500"),
    (1, "15.486546"),
    (1, "21|Supplier#000000021|81CavellcrJ0PQ3CPBID0Z0JwyJm0ka5igEs|12-253-590-5816|1161099.4636"),
    (296, "Brand#14|PROMO BRUSHED STEEL|9|8"),
    (1, "NULL"),
    (2, "Customer#000000667|667|29158|1995-10-21|439687.23|305.00"),
    (1, "22923.0280"),
    (1, "Supplier#000000013|HK71HQyWoqRWOX8GI FpgAifW,2PoH"),
    (1, "Supplier#000000074|9"),
    (7, "13|10|75359.29"),
];

#[tokio::test]
async fn tpch_queries_answer_as_stated() {
    let session = open(shared()).await;
    run(session.as_ref(), "USE samples.tpch").await.unwrap();
    let queries: Vec<&str> = include_str!("tpch.sql").split(";\n").filter(|q| !q.trim().is_empty()).collect();
    assert_eq!(queries.len(), ANSWERS.len());
    for (query, (count, first)) in queries.iter().zip(ANSWERS) {
        let (_, rows) = run(session.as_ref(), query).await.unwrap();
        assert_eq!((rows.len(), rows.first().map_or("", String::as_str)), (count, first), "{query}");
    }
}
