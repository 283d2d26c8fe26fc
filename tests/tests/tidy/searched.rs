//! Whoever starts agents as processes has everything they leave searched for secrets.
use crate::code::Layers;
use kith_tests::workspace::{self, File};

/// Where the search itself, and what it is made of, stands; and benches, which measure the flows that
/// the tests search, and would spend longer searching than measuring.
const NO_TESTS: [&str; 3] = ["tests/src/", "tests/tests/tidy/", "tests/benches/"];

/// Every test with a floor, which is the only place where agents run as processes, ends with its
/// judgement.
#[test]
fn every_test_with_real_processes_has_its_logs_and_homes_searched() {
    let mut floors = 0;
    for file in workspace::files().iter().filter(|file| is_test(file)) {
        let code = Layers::of(&file.text).code;
        let made = code.matches("Floor::new(").count();
        floors += made;
        let judged = code.matches(".judge(").count();
        assert!(
            judged >= made,
            "{}: {made} floors, {judged} judged",
            file.path
        );
        let elsewhere = made == 0
            && ["Place::new(", "Scene::begin("]
                .iter()
                .any(|start| code.contains(start));
        assert!(!elsewhere, "{} starts agents that nobody judges", file.path);
    }
    assert!(floors > 5, "the floors are called otherwise now");
}

fn is_test(file: &File) -> bool {
    file.is_rust()
        && file.path.starts_with("tests/")
        && !NO_TESTS.iter().any(|start| file.path.starts_with(start))
}
