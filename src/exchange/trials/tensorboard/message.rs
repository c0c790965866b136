//! Messages of protocol buffers, as far as events need them.

/// A message that is being written, field by field.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Message(Vec<u8>);

impl Message {
    /// The bytes of all fields.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    fn key(&mut self, field: u32, wire: u32) {
        self.number(u64::from(field << 3 | wire));
    }

    /// A whole number, or a choice of an enumeration.
    pub(super) fn whole(mut self, field: u32, number: i64) -> Self {
        self.key(field, 0);
        self.number(number as u64);
        self
    }

    /// A number of 64 bits.
    pub(super) fn double(mut self, field: u32, number: f64) -> Self {
        self.key(field, 1);
        self.0.extend(number.to_le_bytes());
        self
    }

    /// A number of 32 bits.
    pub(super) fn float(mut self, field: u32, number: f32) -> Self {
        self.key(field, 5);
        self.0.extend(number.to_le_bytes());
        self
    }

    /// A text.
    pub(super) fn text(self, field: u32, text: &str) -> Self {
        self.raw(field, text.as_bytes())
    }

    /// A message inside of this one.
    pub(super) fn message(self, field: u32, message: &Self) -> Self {
        self.raw(field, message.bytes())
    }

    /// Bytes with their length.
    pub(super) fn raw(mut self, field: u32, bytes: &[u8]) -> Self {
        self.key(field, 2);
        self.number(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_those_of_the_documentation() {
        // The examples of the encoding's documentation.
        assert_eq!(Message::default().whole(1, 150).bytes(), [0x08, 0x96, 0x01]);
        assert_eq!(Message::default().text(2, "testing").bytes(), *b"\x12\x07testing");
        let inner = Message::default().whole(1, 150);
        assert_eq!(Message::default().message(3, &inner).bytes(), [0x1a, 0x03, 0x08, 0x96, 0x01]);
        assert_eq!(Message::default().whole(1, -2).bytes().len(), 11);
        assert_eq!(Message::default().float(2, 1.0).bytes(), [0x15, 0, 0, 0x80, 0x3f]);
    }
}
