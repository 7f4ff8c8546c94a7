//! One tree for what cameras send, whether they wrote it as XML or as JSON: elements by *local*
//! name, letter case ignored, namespaces and schemas not looked at (makers change them between
//! firmwares). It is not an XML processor: document types are refused and no entity is expanded
//! beyond the five predefined ones and character numbers.

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesRef, BytesStart, Event};
use serde_json::Value;

use crate::garbled::Garbled;
use crate::limits::{FIELD_CHARS, XML_ATTRIBUTES, XML_DEPTH, XML_ELEMENTS};

/// An element, or a member of a JSON object. The items of a JSON array become repeated children
/// of the array's name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Node {
    /// Without prefix.
    pub name: String,
    pub attributes: Vec<(String, String)>,
    pub text: String,
    pub children: Vec<Node>,
}

impl Node {
    /// The first child of that name.
    pub fn child(&self, name: &str) -> Option<&Node> {
        self.children.iter().find(|it| it.is(name))
    }

    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// This node or the first below it of that name, in document order.
    pub fn find(&self, name: &str) -> Option<&Node> {
        if self.is(name) {
            return Some(self);
        }
        self.children.iter().find_map(|it| it.find(name))
    }

    /// Every node of that name, nested ones of the same name not looked for.
    pub fn find_all<'a>(&'a self, name: &str, into: &mut Vec<&'a Node>) {
        if self.is(name) {
            into.push(self);
            return;
        }
        self.children.iter().for_each(|it| it.find_all(name, into));
    }

    /// Follows a path such as `Picture/Plate/PlateNumber`.
    pub fn at(&self, path: &str) -> Option<&Node> {
        path.split('/')
            .try_fold(self, |node, name| node.child(name))
    }

    /// Trimmed text at a path, `None` when absent or blank.
    pub fn text_at(&self, path: &str) -> Option<&str> {
        self.at(path).and_then(Node::value)
    }

    /// Trimmed text of the first of several names below this node.
    pub fn any_text(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.text_at(name))
    }

    /// Trimmed text, `None` when blank.
    pub fn value(&self) -> Option<&str> {
        let text = self.text.trim();
        (!text.is_empty()).then_some(text)
    }

    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(it, _)| it.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
    }

    pub fn number_at(&self, path: &str) -> Option<f64> {
        self.text_at(path).and_then(number)
    }

    /// Reads XML by local names. Text before the first `<` is ignored (cameras pad with blanks,
    /// NULs and stray header lines); what follows the root's end is not looked at.
    pub fn from_xml(text: &str) -> Result<Node, Garbled> {
        Node::from_xml_prefix(text).map(|(node, _)| node)
    }

    /// As [`Node::from_xml`], with the offset after the root's end: streams hold one document
    /// after another.
    pub fn from_xml_prefix(text: &str) -> Result<(Node, usize), Garbled> {
        Node::from_xml_bounded(text, XML_ELEMENTS)
    }

    /// As [`Node::from_xml_prefix`], for documents that may hold up to `most` elements.
    pub fn from_xml_bounded(text: &str, most: usize) -> Result<(Node, usize), Garbled> {
        let start = text
            .find('<')
            .ok_or_else(|| Garbled::whole("no XML element in the text"))?;
        let (node, end) = read_xml(&text[start..], most).map_err(|it| it.shifted(start))?;
        Ok((node, start + end))
    }

    /// Reads a JSON value; depth is bounded by the JSON reader (128).
    pub fn from_json(name: &str, value: &Value) -> Node {
        let mut node = Node {
            name: name.to_owned(),
            ..Node::default()
        };
        match value {
            Value::Null => {}
            Value::Bool(it) => node.text = it.to_string(),
            Value::Number(it) => node.text = it.to_string(),
            Value::String(it) => node.text.clone_from(it),
            Value::Array(items) => {
                node.children = items.iter().map(|it| Node::from_json("item", it)).collect();
            }
            Value::Object(members) => {
                for (name, member) in members {
                    match member {
                        Value::Array(items) if items.iter().all(|it| !it.is_array()) => node
                            .children
                            .extend(items.iter().map(|it| Node::from_json(name, it))),
                        Value::Null => {}
                        member => node.children.push(Node::from_json(name, member)),
                    }
                }
            }
        }
        node
    }
}

/// A number as cameras write it: finite, decimal point or decimal comma, optional `%`.
pub fn number(text: &str) -> Option<f64> {
    let text = text.trim().trim_end_matches('%').trim();
    let number: f64 = match text.parse() {
        Ok(number) => number,
        Err(_) => text.replace(',', ".").parse().ok()?,
    };
    number.is_finite().then_some(number)
}

fn read_xml(text: &str, most: usize) -> Result<(Node, usize), Garbled> {
    let mut reader = Reader::from_str(text);
    let config = reader.config_mut();
    config.allow_dangling_amp = true;
    config.trim_markup_names_in_closing_tags = true;
    let mut open: Vec<Node> = Vec::new();
    let mut elements = 0_usize;
    loop {
        let at = position(&reader, text);
        let event = reader.read_event().map_err(|why| {
            let at = usize::try_from(reader.error_position()).unwrap_or(at);
            // The reader quotes the tags it met, however long they are.
            let text = why.to_string();
            let mut shown: String = text.chars().take(FIELD_CHARS).collect();
            if shown.len() < text.len() {
                shown.push('…');
            }
            Garbled::at(at, format!("XML: {shown}"))
        })?;
        match event {
            Event::Start(_) | Event::Empty(_) if elements >= most => {
                return Err(Garbled::at(at, format!("more than {most} XML elements")));
            }
            Event::Start(start) => {
                if open.len() >= XML_DEPTH {
                    let why = format!("XML nested deeper than {XML_DEPTH} elements");
                    return Err(Garbled::at(at, why));
                }
                elements += 1;
                open.push(begin(&start, at)?);
            }
            Event::Empty(start) => {
                elements += 1;
                let node = begin(&start, at)?;
                match open.last_mut() {
                    Some(parent) => parent.children.push(node),
                    None => return Ok((node, position(&reader, text))),
                }
            }
            Event::End(_) => {
                let Some(node) = open.pop() else {
                    return Err(Garbled::at(at, "XML: an element ends that never began"));
                };
                match open.last_mut() {
                    Some(parent) => parent.children.push(node),
                    None => return Ok((node, position(&reader, text))),
                }
            }
            Event::Text(text) => {
                if let Some(node) = open.last_mut() {
                    node.text.push_str(&text.into_inner());
                }
            }
            Event::CData(text) => {
                if let Some(node) = open.last_mut() {
                    node.text.push_str(&text.into_inner());
                }
            }
            Event::GeneralRef(reference) => {
                if let Some(node) = open.last_mut() {
                    push_reference(&mut node.text, &reference);
                }
            }
            Event::DocType(_) => {
                return Err(Garbled::at(at, "an XML document type is refused"));
            }
            Event::Eof => {
                let inside = open.last().map_or("", |it| it.name.as_str());
                return Err(Garbled::at(
                    text.len(),
                    if inside.is_empty() {
                        "no XML element in the text".to_owned()
                    } else {
                        format!("the XML ends inside <{inside}>")
                    },
                ));
            }
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
        }
    }
}

fn position(reader: &Reader<&[u8]>, text: &str) -> usize {
    usize::try_from(reader.buffer_position()).map_or(text.len(), |it| it.min(text.len()))
}

fn begin(start: &BytesStart<'_>, at: usize) -> Result<Node, Garbled> {
    let mut node = Node {
        name: start.local_name().as_ref().to_owned(),
        ..Node::default()
    };
    for attribute in start.attributes().with_checks(false) {
        // A camera's broken attribute is no reason to lose its read.
        let Ok(attribute) = attribute else { continue };
        if node.attributes.len() >= XML_ATTRIBUTES {
            let why = format!("more than {XML_ATTRIBUTES} attributes in one element");
            return Err(Garbled::at(at, why));
        }
        let value = match attribute.normalized_value(XmlVersion::Implicit1_0) {
            Ok(value) => value.into_owned(),
            Err(_) => attribute.value.into_owned(),
        };
        let name = attribute.key.local_name().as_ref().to_owned();
        node.attributes.push((name, value));
    }
    Ok(node)
}

fn push_reference(text: &mut String, reference: &BytesRef<'_>) {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        text.push(character);
        return;
    }
    let name: &str = reference;
    match name {
        "amp" => text.push('&'),
        "lt" => text.push('<'),
        "gt" => text.push('>'),
        "quot" => text.push('"'),
        "apos" => text.push('\''),
        unknown => {
            text.push('&');
            text.push_str(unknown);
            text.push(';');
        }
    }
}

/// Text with the characters XML reserves written as references; characters XML 1.0 forbids are
/// left out.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\t' | '\n' => out.push(character),
            it if it < ' ' || it == '\u{fffe}' || it == '\u{ffff}' => {}
            it => out.push(it),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_case_and_references_do_not_matter() {
        let xml = "\u{feff}\r\n<?xml version=\"1.0\"?><n:A x='1 &amp; 2' xmlns:n=\"u\"><n:b>a&amp;b &#65;&copy;<![CDATA[<c>]]></n:b><q:E/></n:A>\0\0";
        let root = Node::from_xml(xml).unwrap();
        assert_eq!(root.name, "A");
        assert_eq!(root.attribute("X"), Some("1 & 2"));
        assert_eq!(root.text_at("B"), Some("a&b A&copy;<c>"));
        assert!(root.child("e").is_some());
    }

    #[test]
    fn a_billion_laughs_is_refused_at_the_first() {
        let xml = "<!DOCTYPE a [<!ENTITY l \"lol\">]><a>&l;</a>";
        let why = Node::from_xml(xml).unwrap_err();
        assert_eq!(why.why, "an XML document type is refused");
    }

    #[test]
    fn depth_elements_and_attributes_are_bounded() {
        let deep = "<a>".repeat(XML_DEPTH + 1);
        assert!(Node::from_xml(&deep).unwrap_err().why.contains("deeper"));
        let many = format!("<a>{}</a>", "<b/>".repeat(XML_ELEMENTS));
        assert!(
            Node::from_xml(&many)
                .unwrap_err()
                .why
                .contains("XML elements")
        );
        let wide: String = (0..=XML_ATTRIBUTES).map(|n| format!(" a{n}='1'")).collect();
        assert!(
            Node::from_xml(&format!("<a{wide}/>"))
                .unwrap_err()
                .why
                .contains("attributes")
        );
    }

    #[test]
    fn a_cut_document_names_the_open_element() {
        let why = Node::from_xml("<a><b>1").unwrap_err();
        assert_eq!((why.at, why.why.as_str()), (7, "the XML ends inside <b>"));
    }
}
