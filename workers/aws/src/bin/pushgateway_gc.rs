//! The function that deletes groups of a Pushgateway, on a schedule; what it is given is `aws::pushgateway_gc::worker`.

fn main() -> std::process::ExitCode {
    aws::lambda::main("pushgateway_gc", aws::pushgateway_gc::worker)
}
