//! The path of a parameter within a network, from which its name in files follows.

/// The fields from the network down to a parameter, each with whether it is a projection.
#[derive(Default)]
pub(crate) struct ParameterPath(Vec<(String, bool)>);

impl ParameterPath {
    /// Enters the field `name` of a container of the kind that burn calls `container`.
    pub(crate) fn enter(&mut self, name: &str, container: &str) {
        let variant = container.starts_with("Enum:");
        self.0.push((if variant { String::new() } else { name.into() }, container == "Struct:Linear"));
    }

    pub(crate) fn leave(&mut self) {
        self.0.pop();
    }

    /// The name in files, such as `blocks.0.mixer.packed.weight`; variants of enumerations do not appear in it.
    pub(crate) fn name(&self) -> String {
        let parts: Vec<&str> = self.0.iter().map(|(name, _)| name.as_str()).filter(|name| !name.is_empty()).collect();
        parts.join(".")
    }

    /// True where the parameter is the matrix of a projection.
    pub(crate) fn is_projection(&self) -> bool {
        self.0.last().is_some_and(|(_, projection)| *projection)
    }
}
