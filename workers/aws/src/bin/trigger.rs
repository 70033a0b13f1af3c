//! The function that turns a burst of pushes into one run; what it is given is `aws::trigger::trigger`.

fn main() -> std::process::ExitCode {
    aws::lambda::main("trigger", aws::trigger::trigger)
}
