//! Regular expressions of Java that always compile and never run long. In: a pattern. Out: why it is not one of them.
//! Never: all that `java.util.regex` can do. A pattern that does not compile keeps the exporter from starting (or ends
//! each scrape), and one that repeats repetitions can hold it for good: both hurt everybody.

/// The longest pattern, in characters.
pub const PATTERN_CHARACTERS: usize = 1000;
/// How deep groups may be nested.
const DEPTH: usize = 20;

/// Why this pattern is not taken; none if it is. Understood are literals, `.`, `^`, `$`, classes, groups (capturing,
/// `(?:…)`, `(?<name>…)`), look-ahead, `|`, `* + ? {n} {n,} {n,m}` (lazy and possessive too), and the usual escapes.
#[must_use]
pub fn why_not(pattern: &str) -> Option<String> {
    if pattern.chars().count() > PATTERN_CHARACTERS {
        return Some(format!("is longer than {PATTERN_CHARACTERS} characters"));
    }
    let mut reader = Reader {
        rest: pattern.chars().collect::<Vec<_>>(),
        at: 0,
        names: Vec::new(),
    };
    match reader.alternatives(0) {
        Err(why) => Some(why),
        Ok(_) if reader.peek().is_some() => Some("closes a group that was never opened".into()),
        Ok(_) => None,
    }
}

/// What a part of a pattern is, as far as repeating it goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Has one way to match.
    Fixed,
    /// Has several.
    Varying,
    /// Matches no character: must not be repeated.
    Place,
}

struct Reader {
    rest: Vec<char>,
    at: usize,
    names: Vec<String>,
}

type Read<T> = Result<T, String>;

impl Reader {
    fn peek(&self) -> Option<char> {
        self.rest.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek();
        self.at += usize::from(c.is_some());
        c
    }

    fn eat(&mut self, text: &str) -> bool {
        let found = self.rest[self.at..]
            .iter()
            .copied()
            .take(text.len())
            .eq(text.chars());
        self.at += if found { text.len() } else { 0 };
        found
    }

    fn alternatives(&mut self, depth: usize) -> Read<Part> {
        let mut all = self.sequence(depth)?;
        while self.eat("|") {
            self.sequence(depth)?;
            all = Part::Varying;
        }
        Ok(all)
    }

    fn sequence(&mut self, depth: usize) -> Read<Part> {
        let mut all = Part::Fixed;
        while self.peek().is_some_and(|c| !"|)".contains(c)) {
            let part = self.part(depth)?;
            let repeated = self.quantifier(part)?;
            if part == Part::Varying || repeated {
                all = Part::Varying;
            }
        }
        Ok(all)
    }

    fn part(&mut self, depth: usize) -> Read<Part> {
        match self.next() {
            Some('(') => self.group(depth + 1),
            Some('[') => self.class().map(|()| Part::Fixed),
            Some('\\') => self.escape(false).map(|c| match c {
                Escape::Place => Part::Place,
                Escape::One(_) | Escape::Several => Part::Fixed,
            }),
            Some('^' | '$') => Ok(Part::Place),
            Some(c @ ('*' | '+' | '?')) => Err(format!("has `{c}` with nothing before it to repeat")),
            Some('{') => Err("has `{` that repeats nothing; write `\\{` for the character".into()),
            Some(_) | None => Ok(Part::Fixed),
        }
    }

    fn group(&mut self, depth: usize) -> Read<Part> {
        if depth > DEPTH {
            return Err(format!("nests groups deeper than {DEPTH}"));
        }
        let mut place = false;
        if self.eat("?=") || self.eat("?!") {
            place = true;
        } else if self.eat("?<=") || self.eat("?<!") {
            return Err("looks behind, which is not taken here".into());
        } else if self.eat("?<") {
            self.name()?;
        } else if !self.eat("?:") && self.peek() == Some('?') {
            return Err("has a kind of group that is not taken here; `(…)` and `(?:…)` are".into());
        }
        let inner = self.alternatives(depth)?;
        if !self.eat(")") {
            return Err("opens a group and does not close it".into());
        }
        Ok(if place { Part::Place } else { inner })
    }

    fn name(&mut self) -> Read<()> {
        let mut name = String::new();
        while let Some(c) = self.next().filter(|c| *c != '>') {
            name.push(c);
        }
        let fits = name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric());
        if !fits || self.names.contains(&name) {
            return Err(format!(
                "has a group named `{name}`: letters and digits, each name once"
            ));
        }
        self.names.push(name);
        Ok(())
    }

    /// Whether there was one that lets the part match in several ways.
    fn quantifier(&mut self, part: Part) -> Read<bool> {
        let (least, most) = match self.peek() {
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            Some('{') => {
                self.at += 1;
                let least = self.number()?;
                let most = if self.eat(",") {
                    if self.peek() == Some('}') {
                        None
                    } else {
                        Some(self.number()?)
                    }
                } else {
                    Some(least)
                };
                if self.peek() != Some('}') || most.is_some_and(|most| most < least) {
                    return Err("has `{…}` that is no `{n}`, `{n,}` or `{n,m}`".into());
                }
                (least, most)
            }
            _ => return Ok(false),
        };
        self.at += 1;
        if !self.eat("?") {
            self.eat("+");
        }
        if self.peek().is_some_and(|c| "*+?{".contains(c)) {
            return Err("repeats a repetition".into());
        }
        let often = most.is_none_or(|most| most > 1);
        match part {
            Part::Place => Err("repeats what matches no character".into()),
            Part::Varying if often => Err(
                "repeats what can match in several ways (`(a+)*`, `(a|b)*`): that can take forever".into(),
            ),
            Part::Varying | Part::Fixed => Ok(Some(least) != most),
        }
    }

    fn number(&mut self) -> Read<u32> {
        let mut digits = String::new();
        while let Some(c) = self.peek().filter(char::is_ascii_digit) {
            digits.push(c);
            self.at += 1;
        }
        let number = digits.parse().ok().filter(|number| *number <= 1000);
        number.ok_or_else(|| "has `{…}` without a number up to 1000".into())
    }

    fn class(&mut self) -> Read<()> {
        self.eat("^");
        let mut empty = true;
        loop {
            let from = match self.next() {
                None => return Err("opens `[` and does not close it".into()),
                Some(']') if empty => return Err("has an empty `[]`; write `\\]` for the character".into()),
                Some(']') => return Ok(()),
                Some('[') => return Err("has `[` inside of `[…]`; write `\\[` for the character".into()),
                Some('&') if self.peek() == Some('&') => {
                    return Err("has `&&` inside of `[…]`; write `\\&` for the character".into());
                }
                Some('\\') => self.escape(true)?,
                Some(c) => Escape::One(c),
            };
            empty = false;
            // A `-` before the end is the character.
            if self.peek() != Some('-') || self.rest.get(self.at + 1) == Some(&']') {
                continue;
            }
            self.at += 1;
            let to = match self.next() {
                Some('\\') => self.escape(true)?,
                Some(c) if !"[&".contains(c) => Escape::One(c),
                Some(_) | None => return Err("has a range without an end".into()),
            };
            match (from, to) {
                (Escape::One(from), Escape::One(to)) if from <= to => (),
                _ => return Err("has a range in `[…]` that ends before it begins".into()),
            }
        }
    }

    fn escape(&mut self, in_class: bool) -> Read<Escape> {
        match self.next() {
            Some('d' | 'D' | 'w' | 'W' | 's' | 'S') => Ok(Escape::Several),
            Some('t') => Ok(Escape::One('\t')),
            Some('n') => Ok(Escape::One('\n')),
            Some('r') => Ok(Escape::One('\r')),
            Some('b' | 'B' | 'A' | 'Z' | 'z') if !in_class => Ok(Escape::Place),
            Some(c) if c.is_ascii_punctuation() || c == ' ' => Ok(Escape::One(c)),
            Some(c) => Err(format!("has `\\{c}`, which is not taken here")),
            None => Err("ends with `\\`".into()),
        }
    }
}

/// What a backslash makes.
enum Escape {
    One(char),
    Several,
    Place,
}
