//! The bus in one process.

use busbar_bus::{Bus, Health};

use crate::contract;
use crate::fixture::node;

#[tokio::test]
async fn the_contract_holds_in_one_process() {
    let bus = Bus::local(node());
    assert_eq!(bus.health(), Health::Local);
    contract::all(&bus, &bus.clone()).await;
}
