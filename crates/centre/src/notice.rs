//! Notifications between the API's shape and the domain's. Checks what a carrier sends; not here:
//! what the bodies make of it.

use domain::notification::{DeclaredDocument, GoodsItem, Notification};
use domain::unit::{CheckpointId, NotificationId, UtcMs};

use crate::limits;
use crate::problem::{Code, Problem};
use crate::views::normal;
use crate::wire;

/// The domain's notification, still without id and time. The problem names the field.
pub fn check(it: wire::NewNotification) -> Result<Notification, Problem> {
    let wrong = |what: &str| Problem::new(Code::NotificationWrong, what);
    let country =
        |field: &str, it: &str| match it.len() == 2 && it.bytes().all(|b| b.is_ascii_uppercase()) {
            true => Ok(it.to_owned()),
            false => Err(wrong(&format!(
                "{field}: two capital letters (ISO 3166-1), not {it:?}"
            ))),
        };
    let text = |field: &str, it: String| match it.trim().is_empty() || it.len() > limits::TEXT_BYTES
    {
        false => Ok(it),
        true => Err(wrong(&format!(
            "{field}: 1 to {} bytes",
            limits::TEXT_BYTES
        ))),
    };
    let plate = |field: &str, it: &str| {
        let plate = normal(it);
        match (2..=16).contains(&plate.chars().count()) {
            true => Ok(plate),
            false => Err(wrong(&format!(
                "{field}: 2 to 16 letters and digits, not {it:?}"
            ))),
        }
    };
    if it.goods.len() > limits::GOODS {
        return Err(wrong(&format!("goods: at most {}", limits::GOODS)));
    }
    if it.documents.len() > limits::DECLARED_DOCUMENTS {
        return Err(wrong(&format!(
            "documents: at most {}",
            limits::DECLARED_DOCUMENTS
        )));
    }
    if it.containers.len() > limits::CONTAINERS {
        return Err(wrong(&format!(
            "containers: at most {}",
            limits::CONTAINERS
        )));
    }
    let mut goods = Vec::with_capacity(it.goods.len());
    for (at, item) in it.goods.into_iter().enumerate() {
        let field = |name: &str| format!("goods[{at}].{name}");
        let digits = item.hs.bytes().all(|b| b.is_ascii_digit());
        if !digits || !(4..=10).contains(&item.hs.len()) {
            return Err(wrong(&format!(
                "{}: 4 to 10 digits, not {:?}",
                field("hs"),
                item.hs
            )));
        }
        if item.net_kg > item.gross_kg {
            return Err(wrong(&format!(
                "{}: more than the gross mass",
                field("net_kg")
            )));
        }
        goods.push(GoodsItem {
            hs: item.hs,
            description: text(&field("description"), item.description)?,
            gross_kg: item.gross_kg,
            net_kg: item.net_kg,
            packages: item.packages,
            origin: country(&field("origin"), &item.origin)?,
            un_number: item
                .un_number
                .map(|it| text(&field("un_number"), it))
                .transpose()?,
        });
    }
    let mut documents = Vec::with_capacity(it.documents.len());
    for (at, document) in it.documents.into_iter().enumerate() {
        let kind = serde_json::from_value(document.kind.clone().into()).map_err(|_| {
            wrong(&format!(
                "documents[{at}].kind: there is no {:?}",
                document.kind
            ))
        })?;
        let number = text(&format!("documents[{at}].number"), document.number)?;
        documents.push(DeclaredDocument { kind, number });
    }
    let containers: Result<Vec<String>, Problem> = it
        .containers
        .iter()
        .map(|it| match normal(it) {
            code if code.len() == 11 => Ok(code),
            _ => Err(wrong(&format!(
                "containers: eleven characters (ISO 6346), not {it:?}"
            ))),
        })
        .collect();
    Ok(Notification {
        id: NotificationId::new(""),
        checkpoint: CheckpointId::new(text("checkpoint", it.checkpoint)?),
        lodged_at: UtcMs(0),
        expected_at: it.expected_at,
        tractor_plate: plate("tractor_plate", &it.tractor_plate)?,
        trailer_plate: it
            .trailer_plate
            .map(|it| plate("trailer_plate", &it))
            .transpose()?,
        containers: containers?,
        vehicle_country: country("vehicle_country", &it.vehicle_country)?,
        carrier: text("carrier", it.carrier)?,
        driver: text("driver", it.driver)?,
        tare_kg: it.tare_kg,
        from_country: country("from_country", &it.from_country)?,
        to_country: country("to_country", &it.to_country)?,
        goods,
        documents,
    })
}

/// Every field present, as the API promises.
pub fn shown(it: &Notification) -> wire::Notification {
    wire::Notification {
        id: it.id.to_string(),
        lodged_at: it.lodged_at,
        said: wire::NewNotification {
            checkpoint: it.checkpoint.to_string(),
            expected_at: it.expected_at,
            tractor_plate: it.tractor_plate.clone(),
            trailer_plate: it.trailer_plate.clone(),
            containers: it.containers.clone(),
            vehicle_country: it.vehicle_country.clone(),
            carrier: it.carrier.clone(),
            driver: it.driver.clone(),
            tare_kg: it.tare_kg,
            from_country: it.from_country.clone(),
            to_country: it.to_country.clone(),
            goods: it
                .goods
                .iter()
                .map(|it| wire::Goods {
                    hs: it.hs.clone(),
                    description: it.description.clone(),
                    gross_kg: it.gross_kg,
                    net_kg: it.net_kg,
                    packages: it.packages,
                    origin: it.origin.clone(),
                    un_number: it.un_number.clone(),
                })
                .collect(),
            documents: it
                .documents
                .iter()
                .map(|it| wire::Declared {
                    kind: super::case::value(it.kind)
                        .as_str()
                        .unwrap_or_default()
                        .to_owned(),
                    number: it.number.clone(),
                })
                .collect(),
        },
    }
}
