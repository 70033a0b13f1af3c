//! `validate` as a Lambda function; what it is given is `aws::steps::validate`.

fn main() -> std::process::ExitCode {
    aws::lambda::main("validate", aws::steps::validate)
}
