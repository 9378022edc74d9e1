//! How large and how deep a statement may be. What is beyond would cost the stack, and with it all sessions, or hours.

use std::collections::{HashMap, VecDeque};
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{BinaryOperator, Expr, ObjectName, Query, Select, SetExpr, Visit, Visitor};
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan};

use super::errors;
use super::rewrite::fold;
use super::tokens::meaningful;
use crate::engine::SqlError;

/// How often brackets may stand in brackets, and expressions or queries in each other by brackets.
pub(super) const NESTING: usize = 100;

/// How deep a type may be.
pub(super) const TYPE_DEPTH: usize = 50;

/// How many operators may follow each other between two commas: a chain is read as deep as it is long.
const CHAIN: usize = 20_000;

/// How deep an expression may be: what AND, OR and `||` put together, and everything else. The planner works out the name and
/// the type of the latter anew at every step, which takes the third power of the depth.
const CONDITION_DEPTH: usize = 2_000;
const VALUE_DEPTH: usize = 400;

/// How many expressions one may come to, when those that are computed more than once count as often.
const EXPRESSIONS: u64 = 500_000;

/// How many queries, tables and joins a statement may come to, when a common table expression counts as often as it is read.
const RELATIONS: u64 = 5_000;

/// How many queries may read each other in turn.
const QUERY_DEPTH: usize = 500;

/// How many queries UNION, EXCEPT and INTERSECT may put together, and tables a FROM.
const BRANCHES: usize = 2_000;

fn too_complex(what: &str) -> SqlError {
    errors::too_complex(format!("it has {what}; split it into smaller parts"))
}

/// Refuses what the parser could not read, or what was read could not be freed, within the stack.
pub(super) fn check_tokens(tokens: &[TokenWithSpan]) -> Result<(), SqlError> {
    let (mut chains, mut types, mut prefixes) = (vec![0_usize], 0_usize, 0_usize);
    let mut before = &Token::EOF;
    for token in meaningful(tokens) {
        let opens_type = matches!((before, token), (Token::Word(word), Token::Lt)
            if matches!(word.keyword, Keyword::ARRAY | Keyword::MAP | Keyword::STRUCT));
        match token {
            Token::Lt if opens_type => types += 1,
            Token::Gt => types = types.saturating_sub(1),
            Token::ShiftRight => types = types.saturating_sub(2),
            _ => {}
        }
        let chain = chains.last_mut().map(|chain| {
            *chain = if matches!(token, Token::Comma) { 0 } else { *chain + usize::from(is_operator(token)) };
            *chain
        });
        match token {
            Token::LParen | Token::LBracket | Token::LBrace => chains.push(0),
            Token::RParen | Token::RBracket | Token::RBrace if chains.len() > 1 => drop(chains.pop()),
            _ => {}
        }
        let is_prefix = matches!(token, Token::Word(word) if word.keyword == Keyword::NOT)
            || matches!(token, Token::Plus | Token::Minus | Token::Tilde | Token::ExclamationMark);
        prefixes = if is_prefix { prefixes + 1 } else { 0 };
        if prefixes > NESTING {
            return Err(too_complex("too many operators before one value"));
        }
        if types > TYPE_DEPTH {
            return Err(too_complex("a type that is nested too deeply"));
        }
        if chain.is_some_and(|chain| chain > CHAIN) {
            return Err(too_complex("too many operators in one expression"));
        }
        before = token;
    }
    Ok(())
}

/// Whether a token makes one expression or query part of the next.
fn is_operator(token: &Token) -> bool {
    match token {
        Token::Word(word) => matches!(
            word.keyword,
            Keyword::AND
                | Keyword::OR
                | Keyword::NOT
                | Keyword::IS
                | Keyword::IN
                | Keyword::BETWEEN
                | Keyword::LIKE
                | Keyword::ILIKE
                | Keyword::RLIKE
                | Keyword::REGEXP
                | Keyword::DIV
                | Keyword::COLLATE
                | Keyword::UNION
                | Keyword::EXCEPT
                | Keyword::MINUS
                | Keyword::INTERSECT
        ),
        Token::Number(..) | Token::SingleQuotedString(_) | Token::DoubleQuotedString(_) => false,
        Token::LParen | Token::RParen | Token::RBracket | Token::Comma | Token::SemiColon => false,
        _ => true,
    }
}

/// Refuses a statement that is too deep or comes to too much.
pub(super) fn check(statement: &impl Visit) -> Result<(), SqlError> {
    match statement.visit(&mut Meter::default()) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(what) => Err(too_complex(what)),
    }
}

/// How many relations a query comes to, and how deep they read each other.
#[derive(Debug, Default, Clone, Copy)]
struct Size {
    relations: u64,
    depth: usize,
}

#[derive(Default)]
struct QueryFrame {
    size: Size,
    /// The common table expressions that can be read, and those that are still to be visited.
    named: HashMap<String, Size>,
    to_come: VecDeque<String>,
}

#[derive(Default)]
struct Meter {
    /// What each surrounding expression comes to so far.
    expressions: Vec<u64>,
    /// How many of them are AND, OR or `||`.
    conditions: usize,
    queries: Vec<QueryFrame>,
}

impl Visitor for Meter {
    type Break = &'static str;

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<&'static str> {
        self.expressions.push(0);
        self.conditions += usize::from(is_condition(expr));
        let values = self.expressions.len() - self.conditions;
        match values > VALUE_DEPTH || self.conditions > CONDITION_DEPTH {
            true => ControlFlow::Break("an expression that is nested too deeply"),
            false => ControlFlow::Continue(()),
        }
    }

    fn post_visit_expr(&mut self, expr: &Expr) -> ControlFlow<&'static str> {
        let inner = self.expressions.pop().unwrap_or_default();
        self.conditions -= usize::from(is_condition(expr));
        let total = inner.saturating_mul(computed(expr)).saturating_add(1);
        if total > EXPRESSIONS {
            return ControlFlow::Break("an expression of too many parts");
        }
        if let Some(outer) = self.expressions.last_mut() {
            *outer = outer.saturating_add(total);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<&'static str> {
        let names = query.with.iter().flat_map(|with| &with.cte_tables).map(|cte| fold(&cte.alias.name.value));
        self.queries.push(QueryFrame { to_come: names.collect(), ..QueryFrame::default() });
        let (mut body, mut branches) = (query.body.as_ref(), 0);
        while let SetExpr::SetOperation { left, .. } = body {
            (body, branches) = (left, branches + 1);
        }
        match branches > BRANCHES {
            true => ControlFlow::Break("too many queries in UNION, EXCEPT or INTERSECT"),
            false => ControlFlow::Continue(()),
        }
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<&'static str> {
        let mut size = self.queries.pop().unwrap_or_default().size;
        size.relations += 1;
        size.depth += 1;
        if size.relations > RELATIONS {
            return ControlFlow::Break("too many queries and tables, those of common table expressions counted");
        }
        if size.depth > QUERY_DEPTH {
            return ControlFlow::Break("queries that are nested too deeply, common table expressions counted");
        }
        let Some(outer) = self.queries.last_mut() else { return ControlFlow::Continue(()) };
        match outer.to_come.pop_front() {
            Some(name) => drop(outer.named.insert(name, size)),
            None => outer.read(size),
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<&'static str> {
        let tables: usize = select.from.iter().map(|table| 1 + table.joins.len()).sum();
        match tables + select.lateral_views.len() > BRANCHES {
            true => ControlFlow::Break("too many tables in FROM"),
            false => ControlFlow::Continue(()),
        }
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<&'static str> {
        let named = match relation.0.as_slice() {
            [part] => part.as_ident().map(|ident| fold(&ident.value)),
            _ => None,
        };
        let found = named.and_then(|name| self.queries.iter().rev().find_map(|frame| frame.named.get(&name).copied()));
        if let Some(frame) = self.queries.last_mut() {
            frame.read(found.unwrap_or(Size { relations: 1, depth: 0 }));
        }
        ControlFlow::Continue(())
    }
}

impl QueryFrame {
    fn read(&mut self, size: Size) {
        self.size.relations = self.size.relations.saturating_add(size.relations);
        self.size.depth = self.size.depth.max(size.depth);
    }
}

fn is_condition(expr: &Expr) -> bool {
    matches!(expr, Expr::BinaryOp { op: BinaryOperator::And | BinaryOperator::Or | BinaryOperator::StringConcat, .. })
}

/// How often an expression computes what it is made of, at most.
fn computed(expr: &Expr) -> u64 {
    let plain = |expr: &Expr| matches!(expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_) | Expr::Value(_));
    match expr {
        Expr::Case { operand: Some(operand), conditions, .. } if !plain(operand) => conditions.len() as u64,
        Expr::Between { expr, .. } if !plain(expr) => 2,
        Expr::CompoundFieldAccess { .. } => 2,
        Expr::Function(function) => match function.name.to_string().to_lowercase().as_str() {
            "nullif" | "size" | "cardinality" | "element_at" => 2,
            _ => 1,
        },
        _ => 1,
    }
}
