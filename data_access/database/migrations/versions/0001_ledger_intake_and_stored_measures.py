"""ledger, intake and stored measures

Revision: 0001, after 
"""

import sqlalchemy as sa
from alembic import op

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('compute_run',
    sa.Column('run_id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('data_version', sa.Integer(), nullable=False),
    sa.Column('library_version', sa.String(length=32), nullable=False),
    sa.Column('as_of', sa.Date(), nullable=False),
    sa.Column('data_date', sa.Date(), nullable=True),
    sa.Column('rows_written', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('run_id')
    )
    op.create_table('entity',
    sa.Column('level', sa.String(length=12), nullable=False),
    sa.Column('entity_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('code', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=160), nullable=False),
    sa.Column('dept_id', sa.BigInteger(), nullable=True),
    sa.Column('major_id', sa.BigInteger(), nullable=True),
    sa.Column('class_id', sa.BigInteger(), nullable=True),
    sa.Column('course_id', sa.BigInteger(), nullable=True),
    sa.Column('teacher_id', sa.BigInteger(), nullable=True),
    sa.Column('term_id', sa.Integer(), nullable=True),
    sa.Column('grade_year', sa.Integer(), nullable=True),
    sa.Column('size', sa.Integer(), nullable=True),
    sa.PrimaryKeyConstraint('level', 'entity_id')
    )
    with op.batch_alter_table('entity', schema=None) as batch_op:
        batch_op.create_index('ix_entity_dept', ['level', 'dept_id'], unique=False)
        batch_op.create_index('ix_entity_term', ['level', 'term_id', 'dept_id'], unique=False)

    op.create_table('indicator_entry',
    sa.Column('code', sa.String(length=32), nullable=False),
    sa.Column('name_zh', sa.String(length=128), nullable=False),
    sa.Column('layer', sa.String(length=16), nullable=False),
    sa.Column('entity', sa.String(length=16), nullable=False),
    sa.Column('period', sa.String(length=16), nullable=False),
    sa.Column('unit', sa.String(length=16), nullable=False),
    sa.Column('direction', sa.String(length=8), nullable=False),
    sa.Column('definition', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('code')
    )
    op.create_table('lake_commit',
    sa.Column('data_version', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('committed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('batch_id', sa.BigInteger(), nullable=True),
    sa.Column('note', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('data_version')
    )
    with op.batch_alter_table('lake_commit', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_lake_commit_batch_id'), ['batch_id'], unique=False)

    op.create_table('measure',
    sa.Column('family_id', sa.SmallInteger(), autoincrement=False, nullable=False),
    sa.Column('level', sa.SmallInteger(), autoincrement=False, nullable=False),
    sa.Column('period_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('entity_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('run_id', sa.Integer(), nullable=False),
    sa.Column('rows', sa.Integer(), nullable=False),
    sa.Column('p00', sa.Double(), nullable=True),
    sa.Column('p01', sa.Double(), nullable=True),
    sa.Column('p02', sa.Double(), nullable=True),
    sa.Column('p03', sa.Double(), nullable=True),
    sa.Column('p04', sa.Double(), nullable=True),
    sa.Column('p05', sa.Double(), nullable=True),
    sa.Column('p06', sa.Double(), nullable=True),
    sa.Column('p07', sa.Double(), nullable=True),
    sa.Column('p08', sa.Double(), nullable=True),
    sa.Column('p09', sa.Double(), nullable=True),
    sa.Column('p10', sa.Double(), nullable=True),
    sa.Column('p11', sa.Double(), nullable=True),
    sa.Column('p12', sa.Double(), nullable=True),
    sa.Column('p13', sa.Double(), nullable=True),
    sa.Column('p14', sa.Double(), nullable=True),
    sa.Column('p15', sa.Double(), nullable=True),
    sa.Column('p16', sa.Double(), nullable=True),
    sa.Column('p17', sa.Double(), nullable=True),
    sa.Column('p18', sa.Double(), nullable=True),
    sa.Column('p19', sa.Double(), nullable=True),
    sa.Column('p20', sa.Double(), nullable=True),
    sa.Column('p21', sa.Double(), nullable=True),
    sa.Column('p22', sa.Double(), nullable=True),
    sa.Column('p23', sa.Double(), nullable=True),
    sa.PrimaryKeyConstraint('family_id', 'level', 'period_id', 'entity_id'),
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('measure', schema=None) as batch_op:
        batch_op.create_index('ix_measure_entity', ['family_id', 'level', 'entity_id', 'period_id'], unique=False)

    op.create_table('period',
    sa.Column('kind', sa.String(length=8), nullable=False),
    sa.Column('period_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('key', sa.String(length=24), nullable=False),
    sa.Column('label_zh', sa.String(length=48), nullable=False),
    sa.Column('start_date', sa.Date(), nullable=False),
    sa.Column('end_date', sa.Date(), nullable=False),
    sa.Column('term_id', sa.Integer(), nullable=True),
    sa.PrimaryKeyConstraint('kind', 'period_id'),
    sa.UniqueConstraint('key')
    )
    op.create_table('import_batch',
    sa.Column('batch_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('mapping', sa.String(length=64), nullable=False),
    sa.Column('fingerprint', sa.String(length=64), nullable=False),
    sa.Column('files', sa.JSON(), nullable=False),
    sa.Column('status', sa.String(length=16), nullable=False),
    sa.Column('owner', sa.String(length=64), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('data_version', sa.Integer(), nullable=True),
    sa.Column('counts', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['data_version'], ['lake_commit.data_version'], ),
    sa.PrimaryKeyConstraint('batch_id')
    )
    with op.batch_alter_table('import_batch', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_import_batch_fingerprint'), ['fingerprint'], unique=False)
        batch_op.create_index(batch_op.f('ix_import_batch_mapping'), ['mapping'], unique=False)
        batch_op.create_index(batch_op.f('ix_import_batch_status'), ['status'], unique=False)

    op.create_table('indicator_plan',
    sa.Column('code', sa.String(length=32), nullable=False),
    sa.Column('kind', sa.String(length=8), nullable=False),
    sa.Column('so_far', sa.Boolean(), nullable=False),
    sa.Column('family_id', sa.SmallInteger(), nullable=False),
    sa.Column('levels', sa.JSON(), nullable=False),
    sa.Column('value', sa.JSON(), nullable=False),
    sa.Column('numerator', sa.JSON(), nullable=True),
    sa.Column('denominator', sa.JSON(), nullable=True),
    sa.ForeignKeyConstraint(['code'], ['indicator_entry.code'], ),
    sa.PrimaryKeyConstraint('code', 'kind')
    )
    op.create_table('lake_change',
    sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('data_version', sa.Integer(), nullable=False),
    sa.Column('table_name', sa.String(length=64), nullable=False),
    sa.Column('time_keys', sa.JSON(), nullable=True),
    sa.Column('delta_from', sa.BigInteger(), nullable=True),
    sa.Column('delta_to', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['data_version'], ['lake_commit.data_version'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('lake_change', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_lake_change_data_version'), ['data_version'], unique=False)

    op.create_table('lake_pointer',
    sa.Column('table_name', sa.String(length=64), nullable=False),
    sa.Column('delta_version', sa.BigInteger(), nullable=False),
    sa.Column('data_version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['data_version'], ['lake_commit.data_version'], ),
    sa.PrimaryKeyConstraint('table_name')
    )
    op.create_table('import_problem',
    sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('batch_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('file', sa.Text(), nullable=False),
    sa.Column('source_row', sa.Integer(), nullable=True),
    sa.Column('column', sa.Text(), nullable=False),
    sa.Column('value', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('remedy', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['batch_id'], ['import_batch.batch_id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('import_problem', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_import_problem_batch_id'), ['batch_id'], unique=False)

    op.create_table('quarantined_row',
    sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('batch_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('table_name', sa.String(length=64), nullable=False),
    sa.Column('file', sa.Text(), nullable=False),
    sa.Column('source_row', sa.Integer(), nullable=False),
    sa.Column('missing_table', sa.String(length=64), nullable=False),
    sa.Column('missing_value', sa.String(length=255), nullable=False),
    sa.Column('row', sa.JSON(), nullable=False),
    sa.Column('row_key', sa.String(length=32), nullable=False),
    sa.Column('outcome', sa.String(length=12), nullable=False),
    sa.Column('released_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('resolved_by', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['batch_id'], ['import_batch.batch_id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('quarantined_row', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_quarantined_row_batch_id'), ['batch_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_quarantined_row_missing_value'), ['missing_value'], unique=False)
        batch_op.create_index(batch_op.f('ix_quarantined_row_outcome'), ['outcome'], unique=False)
        batch_op.create_index(batch_op.f('ix_quarantined_row_row_key'), ['row_key'], unique=False)
        batch_op.create_index(batch_op.f('ix_quarantined_row_table_name'), ['table_name'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('quarantined_row', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_quarantined_row_table_name'))
        batch_op.drop_index(batch_op.f('ix_quarantined_row_row_key'))
        batch_op.drop_index(batch_op.f('ix_quarantined_row_outcome'))
        batch_op.drop_index(batch_op.f('ix_quarantined_row_missing_value'))
        batch_op.drop_index(batch_op.f('ix_quarantined_row_batch_id'))

    op.drop_table('quarantined_row')
    with op.batch_alter_table('import_problem', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_import_problem_batch_id'))

    op.drop_table('import_problem')
    op.drop_table('lake_pointer')
    with op.batch_alter_table('lake_change', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_lake_change_data_version'))

    op.drop_table('lake_change')
    op.drop_table('indicator_plan')
    with op.batch_alter_table('import_batch', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_import_batch_status'))
        batch_op.drop_index(batch_op.f('ix_import_batch_mapping'))
        batch_op.drop_index(batch_op.f('ix_import_batch_fingerprint'))

    op.drop_table('import_batch')
    op.drop_table('period')
    with op.batch_alter_table('measure', schema=None) as batch_op:
        batch_op.drop_index('ix_measure_entity')

    op.drop_table('measure')
    with op.batch_alter_table('lake_commit', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_lake_commit_batch_id'))

    op.drop_table('lake_commit')
    op.drop_table('indicator_entry')
    with op.batch_alter_table('entity', schema=None) as batch_op:
        batch_op.drop_index('ix_entity_term')
        batch_op.drop_index('ix_entity_dept')

    op.drop_table('entity')
    op.drop_table('compute_run')
