package import Kernel

/// What a browser shows: where it is, how it was answered, and what can be pressed there.
package struct Page: Sendable {
    package let url: String
    /// nil when nothing answered: a place outside the lab is not opened.
    package let status: Int?
    /// What a person reads there; the robot reads the forms.
    package let html: String
    package let forms: [HTMLForm]

    package init(url: String, status: Int?, html: String) {
        self.url = url
        self.status = status
        self.html = html
        forms = HTMLReader.forms(in: html)
    }

    /// The form that asks who somebody is.
    package var signInForm: HTMLForm? { forms.first { $0.has("username") && $0.has("password") } }
    /// The form that asks whether an application may act for somebody.
    package var consentForm: HTMLForm? { forms.first { form in form.buttons.contains { $0.name == "decision" } } }
    /// The form that ends what an application may do.
    package var revocationForm: HTMLForm? { forms.first { form in form.buttons.contains { $0.name == "revoke" } } }
}

/// A form of a page, as far as a browser without script needs it.
package struct HTMLForm: Sendable, Hashable {
    package var action: String?
    /// `GET` or `POST`.
    package var method: String
    package var fields: [Field] = []
    package var buttons: [Button] = []

    package struct Field: Sendable, Hashable {
        package enum Kind: Sendable, Hashable {
            case text
            case hidden
            case checkbox
            case radio
        }
        package let name: String
        package var value: String
        package let kind: Kind
        package var isChecked: Bool
    }

    package struct Button: Sendable, Hashable {
        package let name: String
        package let value: String
    }

    package func has(_ name: String) -> Bool { fields.contains { $0.name == name } }

    /// Types a value into the first field of a name.
    package mutating func fill(_ name: String, _ value: String) {
        guard let place = fields.firstIndex(where: { $0.name == name }) else { return }
        fields[place].value = value
    }

    /// Takes the ticks from all boxes of a name but the first.
    package mutating func keepOnlyFirst(_ name: String) {
        let boxes = fields.indices.filter { fields[$0].name == name && fields[$0].kind == .checkbox }
        for place in boxes.dropFirst() { fields[place].isChecked = false }
    }

    /// What pressing a button sends: the successful controls in page order, then the button itself.
    package func submission(pressing button: Button?) -> Form {
        var form = Form()
        for field in fields where !field.name.isEmpty {
            let isBox = field.kind == .checkbox || field.kind == .radio
            if !isBox || field.isChecked { form.append(field.name, field.value) }
        }
        if let button, !button.name.isEmpty { form.append(button.name, button.value) }
        return form
    }
}
