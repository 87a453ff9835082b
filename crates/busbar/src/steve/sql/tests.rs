//! Hostile texts, every cut, and what mysqldump writes around its rows.
#![allow(clippy::unwrap_used)]

use super::*;

/// Everything of a dump: rows with the name of their table.
fn read(dump: &[u8]) -> Result<Vec<(String, Vec<Value>)>, DumpError> {
    let mut reader = Reader::new(dump);
    let mut rows = Vec::new();
    while let Some((table, row)) = reader.next(&|_| true)? {
        rows.push((reader.table(table).unwrap().name.clone(), row.values));
    }
    Ok(rows)
}

fn text(text: &str) -> Value {
    Value::Bytes(text.as_bytes().to_vec())
}

fn number(text: &str) -> Value {
    Value::Number(text.to_owned())
}

const HEAD: &str = "/*!999999\\- enable the sandbox mode */ \n-- MySQL dump 10.13\n--\n\
    /*!40101 SET NAMES utf8mb4 */;\n/*!40103 SET TIME_ZONE='+00:00' */;\n\
    DROP TABLE IF EXISTS `t`;\n/*!40101 SET @saved_cs_client = @@character_set_client */;\n\
    CREATE TABLE `t` (\n  `a` int(11) NOT NULL DEFAULT '1' COMMENT 'one, (two); `three`',\n\
    `b` enum('x','y,)') DEFAULT NULL,\n  `c` decimal(11,8),\n  PRIMARY KEY (`a`,`b`),\n\
    CONSTRAINT `f` FOREIGN KEY (`b`) REFERENCES `u` (`b`) ON DELETE CASCADE\n\
    ) ENGINE=InnoDB COMMENT='a;b';\n\nLOCK TABLES `t` WRITE;\n\
    /*!40000 ALTER TABLE `t` DISABLE KEYS */;\n";
const TAIL: &str = "UNLOCK TABLES;\n-- Dump completed on 2026-11-30 12:00:00\n";

fn dump(rows: &str) -> String {
    format!("{HEAD}{rows}\n{TAIL}")
}

#[test]
fn hostile_texts_come_out_as_they_were() {
    let rows = r#"INSERT INTO `t` VALUES (1,'O\'Brien; it''s \"q\" \\','a\nb\r\t\0\Z\b\%\_'),
        (-2.5e3,'); INSERT INTO `t` VALUES (9,9,9);',NULL),(3, _binary 'x' , 0xDEADbeef),
        (4,X'0aF',x'' ),(+5,b'101',_utf8mb4'🔌 ⚡ -- no comment /* nor this */ # nor this'),
        (6,'','--');
INSERT  INTO `db`.`t` (`c`,`a`,`b`) VALUES (TRUE,7,FALSE);"#;
    let found = read(dump(rows).as_bytes()).unwrap();
    let values: Vec<Vec<Value>> = found.into_iter().map(|(_, values)| values).collect();
    let bytes = |bytes: &[u8]| Value::Bytes(bytes.to_vec());
    assert_eq!(
        values,
        [
            vec![
                number("1"),
                text("O'Brien; it's \"q\" \\"),
                text("a\nb\r\t\0\u{1a}\u{8}\\%\\_")
            ],
            vec![
                number("-2.5e3"),
                text("); INSERT INTO `t` VALUES (9,9,9);"),
                Value::Null
            ],
            vec![number("3"), text("x"), bytes(&[0xde, 0xad, 0xbe, 0xef])],
            vec![number("4"), bytes(&[0, 0xaf]), bytes(&[])],
            vec![
                number("+5"),
                number("5"),
                text("🔌 ⚡ -- no comment /* nor this */ # nor this")
            ],
            vec![number("6"), text(""), text("--")],
            vec![number("1"), number("7"), number("0")],
        ]
    );
}

#[test]
fn columns_come_from_the_table_or_from_the_insert_and_the_zone_is_noted() {
    let whole = dump("INSERT INTO `t` VALUES (1,'x',2);");
    let mut reader = Reader::new(whole.as_bytes());
    let (table, row) = reader.next(&|name| name == "t").unwrap().unwrap();
    assert_eq!(reader.table(table).unwrap().columns, ["a", "b", "c"]);
    assert_eq!(
        row.place.line,
        whole.lines().position(|l| l.starts_with("INSERT")).unwrap() as u64 + 1
    );
    assert!(reader.next(&|_| true).unwrap().is_none());
    assert!(reader.says_utc());
    let elsewhere = whole.replace("+00:00", "SYSTEM");
    let mut reader = Reader::new(elsewhere.as_bytes());
    while reader.next(&|_| false).unwrap().is_some() {}
    assert!(!reader.says_utc());
    let said = whole.replace(
        "/*!40103 SET TIME_ZONE='+00:00' */;",
        "SET time_zone='+00:00';",
    );
    let mut reader = Reader::new(said.as_bytes());
    while reader.next(&|_| false).unwrap().is_some() {}
    assert!(reader.says_utc());
    let unwanted = read(dump("").as_bytes()).unwrap();
    assert!(unwanted.is_empty());
}

#[test]
fn triggers_and_routines_are_passed_over() {
    let rows = "DELIMITER ;;\n/*!50003 CREATE TRIGGER t AFTER INSERT ON t FOR EACH ROW BEGIN\n\
        INSERT INTO `t` VALUES (1,'it''s',3); END */;;\nDELIMITER ;\nINSERT INTO `t` VALUES (8,'',0);";
    let found = read(dump(rows).as_bytes()).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].1[0], number("8"));
}

#[test]
fn a_dump_that_was_cut_anywhere_is_told_by_its_place() {
    let whole = dump("INSERT INTO `t` VALUES (1,'a;\\'b',NULL),(2,'-- Dump completed',0x00);");
    let whole = whole.as_bytes();
    read(whole).unwrap();
    let end = whole.len() - " on 2026-11-30 12:00:00\n".len();
    for length in 0..end {
        let error = read(&whole[..length]).unwrap_err();
        let DumpError::Cut(place, _) = error else {
            panic!("{length}: {error}");
        };
        assert_eq!(place.byte, length as u64);
        let lines = whole[..length].iter().filter(|b| **b == b'\n').count();
        assert_eq!(place.line, lines as u64 + 1);
    }
}

#[test]
fn what_is_no_dump_is_refused() {
    for wrong in [
        "(1,2)",
        "INSERT INTO t VALUES (1);",
        "INSERT INTO `t` (1);",
        "INSERT INTO `t` VALUES (1;",
        "INSERT INTO `t` VALUES (1,2,3) ON DUPLICATE KEY UPDATE a = 1;",
        "INSERT INTO `t` VALUES (1,2);",
        "INSERT INTO `t` VALUES (1,2,now());",
        "INSERT INTO `unseen` VALUES (1,2,3);",
        "\u{1}",
    ] {
        let error = read(dump(wrong).as_bytes()).unwrap_err();
        assert!(matches!(error, DumpError::Wrong(..)), "{wrong}: {error}");
    }
}

#[test]
fn a_row_across_many_portions_is_read_and_one_without_bound_is_not() {
    let long = "ab".repeat(1 << 20);
    let rows = format!("INSERT INTO `t` VALUES (1,'{long}','{long}'),(2,'x',3);");
    let found = read(dump(&rows).as_bytes()).unwrap();
    assert_eq!(found[0].1[2], text(&long));
    assert_eq!(found.len(), 2);
    let endless = format!(
        "INSERT INTO `t` VALUES (1,'{}",
        "a".repeat(LONGEST_ROW + (2 << 20))
    );
    let error = read(dump(&endless).as_bytes()).unwrap_err();
    assert!(error.to_string().contains("16 MiB"), "{error}");
}
