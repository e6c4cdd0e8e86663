#[derive(Debug, PartialEq)]
pub enum Node {
    Atom(String),
    List(Vec<Node>),
}

#[derive(Debug, PartialEq, Eq)]
pub enum ParseError {
    TooDeep,
    Unbalanced,
    TooLong,
}

const MAX_DEPTH: usize = 64;
const MAX_INPUT: usize = 1 << 16;

pub fn parse(input: &str) -> Result<Vec<Node>, ParseError> {
    if input.len() > MAX_INPUT {
        return Err(ParseError::TooLong);
    }
    let mut stack: Vec<Vec<Node>> = vec![Vec::new()];
    let mut atom = String::new();
    for c in input.chars() {
        let ends = c.is_whitespace() || c == '(' || c == ')';
        if !ends {
            atom.push(c);
            continue;
        }
        if !atom.is_empty() {
            let node = Node::Atom(std::mem::take(&mut atom));
            stack.last_mut().ok_or(ParseError::Unbalanced)?.push(node);
        }
        match c {
            '(' if stack.len() > MAX_DEPTH => return Err(ParseError::TooDeep),
            '(' => stack.push(Vec::new()),
            ')' => {
                let done = stack.pop().ok_or(ParseError::Unbalanced)?;
                stack.last_mut().ok_or(ParseError::Unbalanced)?.push(Node::List(done));
            }
            _ => {}
        }
    }
    let mut top = stack.pop().ok_or(ParseError::Unbalanced)?;
    if !stack.is_empty() {
        return Err(ParseError::Unbalanced);
    }
    if !atom.is_empty() {
        top.push(Node::Atom(atom));
    }
    Ok(top)
}
