//! Kinds of resources: types that mean the same to tenants.
//!
//! The compute service names instances `SERVER`, the high availability service `INSTANCE`.

use crate::message::{Column, Condition};

/// The types of instances, the usual one first.
const INSTANCES: [&str; 2] = ["SERVER", "INSTANCE"];

/// The type that stands for all types of the same kind.
pub fn of(resource_type: &str) -> &str {
    if INSTANCES.contains(&resource_type) {
        INSTANCES[0]
    } else {
        resource_type
    }
}

/// The condition that a message is about a resource of this type's kind.
pub fn condition(resource_type: &str) -> Condition {
    if INSTANCES.contains(&resource_type) {
        let types = INSTANCES.map(str::to_owned).to_vec();
        Condition::In(Column::ResourceType, types)
    } else {
        Condition::Equals(Column::ResourceType, resource_type.to_owned())
    }
}
