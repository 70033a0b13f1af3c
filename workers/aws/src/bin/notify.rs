//! `notify` as a Lambda function; what it is given is `aws::steps::notify`.

fn main() -> std::process::ExitCode {
    aws::lambda::main("notify", aws::steps::notify)
}
