//! Messages of AMQP 1.0.

use fe2o3_amqp::types::messaging::{ApplicationProperties, Data, Header, Message, MessageId, Properties};
use fe2o3_amqp::types::primitives::{Binary, SimpleValue, Symbol, Timestamp};

use crate::delivery::notifiers::amqp::parcel::Parcel;

/// Writes an event as a durable message whose subject is the routing key.
pub(super) fn message(parcel: &Parcel<'_>) -> Message<Data> {
    let event = parcel.event;
    let mut attributes = ApplicationProperties::default();
    for (name, value) in parcel.attributes() {
        attributes.insert(name, SimpleValue::from(value));
    }
    let properties = Properties {
        message_id: Some(MessageId::String(event.message_id.to_string())),
        subject: Some(parcel.key.clone()),
        content_type: Some(Symbol::from(parcel.body.content_type)),
        creation_time: Some(Timestamp::from(event.timestamp.div_euclid(1000))),
        ..Properties::default()
    };
    Message {
        header: Some(Header {
            durable: true,
            ..Header::default()
        }),
        delivery_annotations: None,
        message_annotations: None,
        properties: Some(properties),
        application_properties: (!attributes.is_empty()).then_some(attributes),
        body: Data(Binary::from(parcel.body.bytes.clone())),
        footer: None,
    }
}
