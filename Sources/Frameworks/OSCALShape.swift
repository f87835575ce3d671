/// What NIST's JSON schema of OSCAL 1.2.3 says of catalogs and profiles: the members of every object, which of
/// them must be there, and of what form their values are. Which of several choices is made is not looked at.
///
/// The method of combining is from the format's own model: the published JSON schema leaves it out.
enum OSCALShape {
  /// Of a value that is no object.
  enum Form: Equatable {
    case uuid, token, string, line, text, moment, uri, flag
    case oneOf(Set<String>)
  }

  struct Member {
    let form: Form?
    /// The name of an object.
    let shape: String?
    let isNeeded: Bool
    let isList: Bool
  }

  /// `name = member!:form* …`: `!` for what must be there, `*` for a list that has something in it; the form is
  /// that of a value (`.token`), the name of an object, or what may be chosen from.
  static let objects: [String: [String: Member]] = {
    var objects: [String: [String: Member]] = [:]
    for part in table.split(separator: "\n\n") {
      let words = part.split(whereSeparator: \.isWhitespace).map(String.init)
      objects[words[0]] = Dictionary(
        words.dropFirst(2).map(member), uniquingKeysWith: { first, _ in first })
    }
    return objects
  }()

  private static func member(_ word: String) -> (String, Member) {
    let parts = word.split(separator: ":", maxSplits: 1).map(String.init)
    let isNeeded = parts[0].hasSuffix("!")
    let isList = parts[1].hasSuffix("*")
    let kind = isList ? String(parts[1].dropLast()) : parts[1]
    let name = isNeeded ? String(parts[0].dropLast()) : parts[0]
    return (
      name,
      Member(
        form: form(kind), shape: form(kind) == nil ? kind : nil, isNeeded: isNeeded, isList: isList)
    )
  }

  private static func form(_ kind: String) -> Form? {
    switch kind {
    case ".uuid": .uuid
    case ".token": .token
    case ".string": .string
    case ".line": .line
    case ".text": .text
    case ".moment": .moment
    case ".uri": .uri
    case ".flag": .flag
    case _ where kind.hasPrefix("("):
      .oneOf(Set(kind.dropFirst().dropLast().split(separator: "|").map(String.init)))
    default: nil
    }
  }

  private static let table = """
    catalog = uuid!:.uuid metadata!:metadata params:parameter* controls:control* groups:group*
      back-matter:back-matter

    metadata = title!:.line published:.moment last-modified!:.moment version!:.string
      oscal-version!:.string revisions:revision* document-ids:document-id* props:property* links:link*
      roles:role* locations:location* parties:party* responsible-parties:responsible-party*
      actions:action* remarks:.text

    revision = title:.line published:.moment last-modified:.moment version!:.string oscal-version:.string
      props:property* links:link* remarks:.text

    property = name!:.token uuid:.uuid ns:.uri value!:.string class:.token group:.token remarks:.text

    link = href!:.text rel:.token media-type:.string resource-fragment:.string text:.line

    document-id = scheme:.uri identifier!:.string

    role = id!:.token title!:.line short-name:.string description:.text props:property* links:link*
      remarks:.text

    location = uuid!:.uuid title:.line address:address email-addresses:.text*
      telephone-numbers:telephone-number* urls:.uri* props:property* links:link* remarks:.text

    address = type:.token addr-lines:.string* city:.string state:.string postal-code:.string
      country:.string

    telephone-number = type:.string number!:.string

    party = uuid:.uuid type:(person|organization) name:.string short-name:.string
      external-ids:external-id* props:property* links:link* email-addresses:.text*
      telephone-numbers:telephone-number* addresses:address* member-of-organizations:.uuid* remarks:.text
      location-uuids:.uuid*

    external-id = scheme!:.uri id!:.string

    responsible-party = role-id!:.token party-uuids!:.uuid* props:property* links:link* remarks:.text

    action = uuid!:.uuid date:.moment type!:.token system!:.uri props:property* links:link*
      responsible-parties:responsible-party* remarks:.text

    parameter = id:.token class:.token depends-on:.token props:property* links:link* label:.line
      usage:.text constraints:parameter-constraint* guidelines:parameter-guideline* values:.string*
      remarks:.text select:parameter-selection

    parameter-constraint = description:.text tests:test*

    test = expression!:.string remarks:.text

    parameter-guideline = prose!:.text

    parameter-selection = how-many:(one|one-or-more) choice:.line*

    control = id!:.token class:.token title!:.line params:parameter* props:property* links:link*
      parts:part* controls:control*

    part = id:.token name!:.token ns:.uri class:.token title:.line props:property* prose:.text parts:part*
      links:link*

    group = id:.token class:.token title!:.line params:parameter* props:property* links:link* parts:part*
      groups:group* controls:control*

    back-matter = resources:resource*

    resource = uuid!:.uuid title:.line description:.text props:property* document-ids:document-id*
      citation:resource-citation rlinks:rlink* base64:resource-base64 remarks:.text

    resource-citation = text!:.line props:property* links:link*

    rlink = href!:.text media-type:.string hashes:hash*

    hash = algorithm!:.string value!:.string

    resource-base64 = filename:.token media-type:.string value!:.text

    profile = uuid!:.uuid metadata!:metadata imports!:import* merge:merge modify:modify
      back-matter:back-matter

    import = href:.text include-all:include-all exclude-controls:select-control-by-id*
      include-controls:select-control-by-id*

    include-all =

    select-control-by-id = with-child-controls:(yes|no) with-ids:.token* matching:matching*

    matching = pattern:.string remarks:.text

    merge = combine:merge-combine flat:merge-flat as-is:.flag custom:merge-custom

    merge-combine = method:(use-first|merge|keep)

    merge-flat =

    merge-custom = groups:profile-group* insert-controls:insert-controls*

    profile-group = id:.token class:.token title!:.line params:parameter* props:property* links:link*
      parts:part* groups:profile-group* insert-controls:insert-controls*

    insert-controls = order:(keep|ascending|descending) include-all:include-all
      exclude-controls:select-control-by-id* include-controls:select-control-by-id*

    modify = set-parameters:set-parameter* alters:alter*

    set-parameter = param-id:.token class:.token depends-on:.token props:property* links:link* label:.line
      usage:.text constraints:parameter-constraint* guidelines:parameter-guideline* values:.string*
      select:parameter-selection

    alter = control-id!:.token removes:remove* adds:add*

    remove = by-name:.token by-class:.token by-id:.token by-item-name:(param|prop|link|part|mapping|map)
      by-ns:.uri remarks:.text

    add = position:(before|after|starting|ending) by-id:.token title:.line params:parameter*
      props:property* links:link* parts:part*
    """
}
