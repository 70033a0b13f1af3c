//! `merge` as a Lambda function; what it is given is `aws::steps::merge`.

fn main() -> std::process::ExitCode {
    aws::lambda::main("merge", aws::steps::merge)
}
